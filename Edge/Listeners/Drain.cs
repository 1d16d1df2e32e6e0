namespace Starling.Edge.Listeners;

/// <summary>Tells every connection that the broker shuts down.</summary>
internal sealed class Drain : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public CancellationToken Token => _source.Token;

    public Task BeginAsync() => _source.CancelAsync();

    public void Dispose() => _source.Dispose();
}
