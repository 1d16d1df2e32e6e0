using System.Diagnostics;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>The lines a process has written, to be waited for.</summary>
internal sealed class LineLog
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _unread = [];
    private TaskCompletionSource _grown = NewSource();
    private bool _ended;

    public string[] Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    public void Add(string line)
    {
        lock (_gate)
        {
            _lines.Add(line);
            _unread.Add(line);
            Grew();
        }
    }

    /// <summary>No line comes any more: whoever waits for one gives up.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            Grew();
        }
    }

    /// <summary>Waits for a line and takes it, so that the next call finds the next one. Null when the log ended, or none came in time.</summary>
    public async Task<string?> TakeAsync(Func<string, bool> wanted, TimeSpan patience)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            Task grown;
            lock (_gate)
            {
                var index = _unread.FindIndex(line => wanted(line));
                if (index >= 0)
                {
                    var line = _unread[index];
                    _unread.RemoveAt(index);
                    return line;
                }
                if (_ended)
                    return null;
                grown = _grown.Task;
            }
            var left = patience - Stopwatch.GetElapsedTime(since);
            if (left <= TimeSpan.Zero)
                return null;
            try
            {
                await grown.WaitAsync(left);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }
    }

    private void Grew()
    {
        _grown.TrySetResult();
        _grown = NewSource();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
