using System.IO.Pipelines;

namespace Starling.MicroBenchmarks;

/// <summary>A pipe that takes everything at once, counts it and throws it away.</summary>
internal sealed class CountingWriter : PipeWriter
{
    private byte[] _buffer = new byte[16 * 1024];
    private long _written;
    private int _used;

    public long Flushed { get; private set; }

    public override void Advance(int bytes)
    {
        _used += bytes;
        _written += bytes;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer.Length - _used < Math.Max(1, sizeHint))
        {
            _used = 0;
            if (sizeHint > _buffer.Length)
                _buffer = new byte[sizeHint];
        }

        return _buffer.AsMemory(_used);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Flushed = _written;
        _used = 0;
        return new ValueTask<FlushResult>(default(FlushResult));
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}
