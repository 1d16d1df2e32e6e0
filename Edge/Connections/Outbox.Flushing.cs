using System.Buffers;
using System.IO.Pipelines;

namespace Starling.Edge.Connections;

/// <remarks>
/// One flush at a time. While one waits for the client nothing is written; when it is through, the backlog goes out in chunks, each
/// flushed, until there is none or a flush waits again. All of it happens under the lock.
/// </remarks>
internal sealed partial class Outbox
{
    private void StartFlush()
    {
        do
        {
            _dirty = false;
            Count();
            var flush = _output.FlushAsync();
            if (!flush.IsCompletedSuccessfully)
            {
                _stalled = true;
                Volatile.Write(ref _flushing, FinishFlushAsync(flush));
                return;
            }

            if (flush.Result.IsCompleted)
            {
                MarkClosed();
                return;
            }
        }
        while (WriteBacklog());
        Settle();
    }

    private async Task FinishFlushAsync(ValueTask<FlushResult> flush)
    {
        bool over;
        try
        {
            over = (await flush.ConfigureAwait(false)).IsCompleted;
        }
        catch (Exception)
        {
            // The transport is gone; the reading side ends the connection.
            over = true;
        }

        lock (_window)
        {
            _stalled = false;
            if (over || _closed)
                MarkClosed();
            else if (WriteBacklog() || _dirty)
                StartFlush();
            else
                Settle();
        }

        // Nobody else is about to look: it may be that the client waits for what the session still has, and sends nothing.
        if (Volatile.Read(ref _skipped) is not null)
            _owner.Skipped();
    }

    private bool WriteBacklog()
    {
        var sent = false;
        if (_controls is { WrittenCount: > 0 } controls)
        {
            _output.Write(controls.WrittenSpan);
            _controls = null;
            sent = true;
        }

        sent |= SendQueuedInbox() | SendQueued() | SendUnacknowledged();
        if (_drained is not null && _queuedBytes <= _options.QueueBytes / 2)
        {
            _drained.TrySetResult();
            _drained = null;
        }

        return sent;
    }

    private void Settle()
    {
        _settled?.TrySetResult();
        _settled = null;
    }

    private void MarkClosed()
    {
        _closed = true;
        _drained?.TrySetResult();
        _drained = null;
        Settle();
    }

    private void Count()
    {
        if (_writtenPackets == 0)
            return;
        _counters.PacketsSent.Add(_writtenPackets);
        _counters.BytesSent.Add(_writtenBytes);
        if (_writtenMessages > 0)
        {
            _counters.PublishSent.Add(_writtenMessages);
            _counters.PublishBytesSent.Add(_writtenMessageBytes);
        }

        _writtenPackets = _writtenMessages = _writtenMessageBytes = 0;
        _writtenBytes = 0;
    }
}
