using System.IO.Pipelines;

namespace Starling.Edge.Transports;

/// <summary>
/// Pipes over a stream (TLS, WebSocket). What comes in is pumped into a pipe, so that reads can be cancelled without harm
/// and arrive in large pieces; the pump holds no buffer while nothing comes, and stops while the reader has enough.
/// </summary>
internal sealed class StreamTransport : IDuplexPipe
{
    private const int SmallRead = 4 * 1024;
    private const int LargeRead = 16 * 1024;

    private static readonly PipeOptions InputOptions = new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 64 * 1024,
        resumeWriterThreshold: 32 * 1024,
        minimumSegmentSize: SmallRead,
        useSynchronizationContext: false);

    // 16 KiB is a full TLS record.
    private static readonly StreamPipeWriterOptions OutputOptions = new(minimumBufferSize: LargeRead, leaveOpen: true);

    private readonly Stream _stream;
    private readonly PipeWriter _received;

    public StreamTransport(Stream stream)
    {
        _stream = stream;
        var pipe = new Pipe(InputOptions);
        Input = pipe.Reader;
        _received = pipe.Writer;
        Output = PipeWriter.Create(stream, OutputOptions);
        Receiving = ReceiveAsync();
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Ends when the stream does, in whatever way, or when the input is completed.</summary>
    public Task Receiving { get; }

    private async Task ReceiveAsync()
    {
        try
        {
            var size = SmallRead;
            while (true)
            {
                if (size == SmallRead)
                    _ = await _stream.ReadAsync(Memory<byte>.Empty);
                var buffer = _received.GetMemory(size);
                var count = await _stream.ReadAsync(buffer);
                if (count == 0)
                    return;
                size = count == buffer.Length ? LargeRead : SmallRead;
                _received.Advance(count);
                if ((await _received.FlushAsync()).IsCompleted)
                    return;
            }
        }
        catch
        {
            // The client is gone: to the reader that is the end, whatever the layer below called it.
        }
        finally
        {
            await _received.CompleteAsync();
        }
    }
}
