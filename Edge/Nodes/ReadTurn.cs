using System.Threading.Tasks.Sources;

namespace Starling.Edge.Nodes;

/// <summary>A wait for a turn. One for each connection, used again and again; whoever awaits it continues within <see cref="Begin"/>.</summary>
internal sealed class ReadTurn : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _source;

    /// <summary>Begins a wait; the one before it is over.</summary>
    public ValueTask Prepare()
    {
        _source.Reset();
        return new ValueTask(this, _source.Version);
    }

    /// <summary>Lets the one that waits continue, and returns when that comes to its next wait.</summary>
    public void Begin() => _source.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
