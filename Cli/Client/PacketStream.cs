using System.Buffers;
using System.IO.Pipelines;
using Starling.Protocol;

namespace Starling.Cli.Client;

/// <summary>Sends and reads whole MQTT packets over a byte stream. One reader; any number of senders.</summary>
/// <param name="trace">Told each packet; null for nobody.</param>
internal sealed class PacketStream(Stream stream, ProtocolVersion version, Action<string>? trace = null) : IAsyncDisposable
{
    private const int MaximumPacket = Framing.MaximumRemainingLength + Framing.MaximumHeaderLength;

    private readonly PipeReader _reader = PipeReader.Create(stream, new(leaveOpen: true));
    private readonly ArrayBufferWriter<byte> _outgoing = new();
    private readonly SemaphoreSlim _sending = new(1);

    public async Task SendAsync(Action<IBufferWriter<byte>> encode, CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            _outgoing.ResetWrittenCount();
            encode(_outgoing);
            trace?.Invoke($"sending {Name((PacketType)(_outgoing.WrittenSpan[0] >> 4))} ({_outgoing.WrittenCount} bytes)");
            await stream.WriteAsync(_outgoing.WrittenMemory, cancellation);
            await stream.FlushAsync(cancellation);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next packet; the body is a copy.</summary>
    /// <exception cref="MqttClientException">The broker closed the connection.</exception>
    public async ValueTask<(FixedHeader Header, byte[] Body)> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var result = await _reader.ReadAsync(cancellation);
            var buffer = result.Buffer;
            if (Framing.TryReadFixedHeader(buffer, MaximumPacket, out var header, version) && buffer.Length >= header.PacketLength)
            {
                var body = buffer.Slice(header.Length, header.RemainingLength).ToArray();
                _reader.AdvanceTo(buffer.GetPosition(header.PacketLength));
                trace?.Invoke($"received {Name(header.Type)} ({header.PacketLength} bytes)");
                return (header, body);
            }
            _reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
                throw new MqttClientException("the broker closed the connection");
        }
    }

    private static string Name(PacketType type) => type.ToString().ToUpperInvariant();

    public async ValueTask DisposeAsync()
    {
        await _reader.CompleteAsync();
        await stream.DisposeAsync();
        _sending.Dispose();
    }
}
