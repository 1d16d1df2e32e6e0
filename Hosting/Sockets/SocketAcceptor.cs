using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Starling.Hosting.Sockets;

/// <summary>
/// Listens as Kestrel does, and on the same kind of sockets. But Kestrel asks for the next connection at once when one could not be accepted:
/// without file descriptors it would do nothing else any more.
/// </summary>
internal sealed class SocketAcceptors(
    IOptions<SocketTransportOptions> options, AcceptFailures failures, TimeProvider time, ILoggerFactory loggers) : IConnectionListenerFactory
{
    /// <exception cref="ListenException">The address cannot be listened on.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = options.Value.CreateBoundListenSocket(endpoint);
        try
        {
            socket.Listen(options.Value.Backlog);
            return new(new SocketAcceptor(socket, options.Value, failures, time, loggers));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>One listening socket.</summary>
internal sealed class SocketAcceptor : IConnectionListener
{
    /// <summary>Between attempts while there are no file descriptors.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Connections that are refused at one attempt.</summary>
    private const int MaxRefused = 256;

    /// <summary>
    /// Connections that are accepted before all work that waits for a thread has had its turn. Without it, clients that connect again and
    /// again would be accepted faster than they are served and closed, and what waits would grow without a bound.
    /// </summary>
    private const int AcceptedInTurn = 4;

    private readonly Socket _socket;
    private readonly bool _noDelay;
    private readonly SocketConnectionContextFactory _connections;
    private readonly AcceptFailures _failures;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closing = new();

    private int _acceptedInTurn;

    // Given up for a moment when there is no other, to take the connections that wait and close them.
    private SafeFileHandle? _spare;

    public SocketAcceptor(Socket socket, SocketTransportOptions options, AcceptFailures failures, TimeProvider time, ILoggerFactory loggers)
    {
        (_socket, _noDelay, _failures, _time) = (socket, options.NoDelay, failures, time);
        EndPoint = socket.LocalEndPoint!;
        _connections = SocketContexts.Create(options, loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
        _spare = OpenSpare();
    }

    public EndPoint EndPoint { get; }

    /// <returns>Null when the listener has been closed. Nothing is thrown: the one who accepts would stop.</returns>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (++_acceptedInTurn > AcceptedInTurn)
        {
            _acceptedInTurn = 0;
            await default(BehindWaitingWork);
        }

        while (true)
        {
            Socket? accepted = null;
            try
            {
                accepted = await _socket.AcceptAsync(cancellationToken);
                if (_noDelay && accepted.LocalEndPoint is IPEndPoint)
                    accepted.NoDelay = true;
                return _connections.Create(accepted);
            }
            catch (ObjectDisposedException)
            {
                accepted?.Dispose();
                return null;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.OperationAborted)
            {
                accepted?.Dispose();
                return null;
            }
            catch (SocketException error) when (accepted is null && IsExhausted(error.SocketErrorCode))
            {
                _failures.Add(error.Message, RefuseWaiting());
                await Task.Delay(RetryDelay, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (SocketException)
            {
                // The client has left already.
                accepted?.Dispose();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Whatever it is: who accepts would stop for ever.
                accepted?.Dispose();
                _failures.Add(error.Message, refused: 1);
                await Task.Delay(RetryDelay, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _socket.Dispose();
        await _closing.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync(CancellationToken.None);
        _connections.Dispose();
        Interlocked.Exchange(ref _spare, null)?.Dispose();
        _closing.Dispose();
    }

    private static bool IsExhausted(SocketError error) =>
        error is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.SystemNotReady;

    private static SafeFileHandle? OpenSpare()
    {
        try
        {
            return OperatingSystem.IsWindows() ? null : File.OpenHandle("/dev/null");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A client that is refused tries again, elsewhere perhaps; one that nobody accepts waits.</summary>
    private int RefuseWaiting()
    {
        var refused = 0;
        Interlocked.Exchange(ref _spare, null)?.Dispose();
        try
        {
            for (; refused < MaxRefused && _socket.Poll(0, SelectMode.SelectRead); refused++)
                _socket.Accept().Dispose();
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Somebody else has taken the file descriptor, or the listener has been closed.
        }

        _spare = OpenSpare();
        return refused;
    }
}
