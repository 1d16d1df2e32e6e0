using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;
using Starling.Edge.Listeners.Admissions;
using Starling.Hosting.Sockets;

namespace Starling.Edge.Listeners;

/// <summary>
/// A listener without HTTP: it takes connections from Kestrel's sockets itself. Kestrel's server would keep 0.7 KiB more for each of them,
/// and look at each of them every second.
/// </summary>
#pragma warning disable CA1001 // A cancellation source without a timer holds nothing that has to be disposed.
internal sealed partial class SocketListener(Entrance entrance, TimeProvider time, ILogger<SocketListener> logger)
#pragma warning restore CA1001
{
    /// <summary>How long connections that were aborted may take to end.</summary>
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private static readonly ConnectionAbortedException ShutDown = new("The broker has shut down.");

    private readonly Lock _gate = new();
    private readonly HashSet<ConnectionContext> _connections = [];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();
    private IConnectionListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private bool _stopping;

    public string Name => entrance.Listener.Name;

    /// <summary>Once it is open.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener!.EndPoint;

    /// <exception cref="ListenException">The address cannot be listened on.</exception>
    public async Task OpenAsync(IConnectionListenerFactory sockets, IPEndPoint endPoint, CancellationToken cancellation)
    {
        _listener = await sockets.BindAsync(endPoint, cancellation);
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Accepts no more connections, and returns when all have ended.</summary>
    /// <param name="abort">Aborts those that are left.</param>
    public async Task CloseAsync(CancellationToken abort)
    {
        if (_listener is null)
            return;
        await _listener.UnbindAsync(CancellationToken.None);
        await _closing.CancelAsync();
        await _accepting;
        lock (_gate)
        {
            _stopping = true;
            if (_connections.Count == 0)
                _empty.TrySetResult();
        }

        await _empty.Task.WaitAsync(abort).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ConnectionContext[] left;
        lock (_gate)
            left = [.. _connections];
        foreach (var connection in left)
            connection.Abort(ShutDown);
        await _empty.Task.WaitAsync(AbortTimeout, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _listener.DisposeAsync();
    }

    private async Task AcceptAsync(IConnectionListener listener)
    {
        while (true)
        {
            try
            {
                if (await listener.AcceptAsync() is not { } connection)
                    return;
                // Here, so that no more are accepted than are admitted: one that is refused is closed before the next one comes.
                if (entrance.Admit(connection, isWeb: false) is { } admitted)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(
                        static work => work.Listener.Serve(work.Admitted), (Listener: this, Admitted: admitted), preferLocal: false);
                }
                else
                {
                    await connection.DisposeAsync();
                }
            }
            catch (Exception e)
            {
                // Whatever it is passes, and connections that are open must not be the last ones.
                LogAcceptFailed(e, Name);
                await Task.Delay(AcceptRetryDelay, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_closing.IsCancellationRequested)
                    return;
            }
        }
    }

    private void Serve(AdmittedConnection connection) =>
        Background.Run(ServeAsync(connection), logger, "Serving of a connection");

    private async Task ServeAsync(AdmittedConnection admitted)
    {
        var connection = admitted.Context;
        lock (_gate)
            _connections.Add(connection);
        try
        {
            await entrance.ServeAsync(admitted, http: null);
        }
        finally
        {
            await connection.DisposeAsync();
            lock (_gate)
            {
                _connections.Remove(connection);
                if (_stopping && _connections.Count == 0)
                    _empty.TrySetResult();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Listener {Listener} could not accept a connection; retrying")]
    private partial void LogAcceptFailed(Exception exception, string listener);
}
