using System.Buffers;
using System.IO.Pipelines;
using Starling.Edge.Transports;
using Starling.Simulation.Time;

namespace Starling.Simulation.Transport;

/// <summary>
/// A connection between a simulated client and an edge: bytes arrive in order, later, in pieces of any size. The edge has pipes, as from
/// Kestrel; the client is told by calls.
/// </summary>
internal sealed class ClientLink : ITransportLifetime, IDuplexPipe
{
    private readonly Scheduler _scheduler;
    private readonly Dice _dice;
    private readonly ILinkClient _client;
    private readonly CancellationTokenSource _closed = new();
    // A client sends whether the edge reads or not: the network holds what is on its way.
    private readonly Pipe _incoming = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Pipe _outgoing;
    private readonly TimeSpan _latency;
    private TimeSpan _lastToServer;
    private TimeSpan _lastToClient;
    private TaskCompletionSource? _reading;
    private bool _serverGone;
    private bool _clientGone;
    private bool _toldClient;
    private bool _cut;

    /// <param name="id">Unique in the run.</param>
    /// <param name="edge">The name of the edge.</param>
    /// <param name="scheduler">When things happen.</param>
    /// <param name="dice">How long bytes take.</param>
    /// <param name="client">Who is told.</param>
    /// <param name="window">Bytes that the edge can write before the client has to read.</param>
    public ClientLink(string id, string edge, Scheduler scheduler, Dice dice, ILinkClient client, int window)
    {
        (Id, Edge) = (id, edge);
        (_scheduler, _dice, _client) = (scheduler, dice, client);
        _outgoing = new Pipe(new PipeOptions(pauseWriterThreshold: window, resumeWriterThreshold: window / 2, useSynchronizationContext: false));
        _latency = dice.Span(0.05, 3);
    }

    public string Id { get; }

    public string Edge { get; }

    public CancellationToken Closed => _closed.Token;

    public PipeReader Input => _incoming.Reader;

    public PipeWriter Output => _outgoing.Writer;

    public bool IsEstablished { get; private set; }

    /// <summary>When the edge's side ended; null while it lives.</summary>
    public TimeSpan? EndedAt { get; private set; }

    /// <summary>Whether both sides, as far as they know, have a connection.</summary>
    public bool IsOpen => !_serverGone && !_clientGone && !_cut;

    /// <summary>What the edge's side ends with; the transport ends when it does.</summary>
    public void Serve(Task serving)
    {
        _ = ObserveAsync(PumpAsync());
        _ = ObserveAsync(EndAsync(serving));
    }

    public long? ConnectDeadline => null;

    public void Established() => IsEstablished = true;

    public void Abort()
    {
        if (_serverGone)
            return;
        EndServer();
        TellClient(NextToClient());
    }

    /// <summary>Bytes from the client.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        var copy = bytes.ToArray();
        // Now and then a packet comes in two pieces.
        var cut = copy.Length > 1 && _dice.Chance(0.05) ? _dice.Int(1, copy.Length) : copy.Length;
        Arrive(copy[..cut]);
        if (cut < copy.Length)
            Arrive(copy[cut..]);
    }

    /// <summary>The client closes its side, which the edge hears of.</summary>
    public void Close()
    {
        if (_clientGone)
            return;
        _clientGone = true;
        _scheduler.At(NextToServer(), EndServer);
    }

    /// <summary>The client is gone without a word: the edge hears of it much later, or by its keep alive.</summary>
    public void Vanish(TimeSpan noticed)
    {
        if (_clientGone)
            return;
        _clientGone = true;
        _scheduler.After(noticed, EndServer);
    }

    /// <summary>The edge's process is gone.</summary>
    /// <param name="noticed">When the client hears of it.</param>
    public void Kill(TimeSpan noticed)
    {
        _serverGone = true;
        EndedAt ??= _scheduler.Now;
        TellClient(_scheduler.Now + noticed);
    }

    /// <summary>A client that does not read for a while; null reads on.</summary>
    public void StopReading() => _reading ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ResumeReading()
    {
        _reading?.TrySetResult();
        _reading = null;
    }

    private void Arrive(byte[] bytes) => _scheduler.At(NextToServer(), () =>
    {
        if (_serverGone || _cut)
            return;
        _incoming.Writer.Write(bytes);
        _ = _incoming.Writer.FlushAsync().AsTask();
    });

    private TimeSpan NextToServer() => _lastToServer = Later(_lastToServer);

    private TimeSpan NextToClient() => _lastToClient = Later(_lastToClient);

    private TimeSpan Later(TimeSpan last)
    {
        var arrives = _scheduler.Now + _latency + _dice.Span(0, 0.5);
        return arrives > last ? arrives : last;
    }

    private async Task ObserveAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _client.ServerFailed(this, error);
        }
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            var read = await _outgoing.Reader.ReadAsync().ConfigureAwait(false);
            while (_reading is { } reading && !_cut)
                await reading.Task.ConfigureAwait(false);
            if (_cut)
            {
                // What the edge still writes goes nowhere.
                await _outgoing.Reader.CompleteAsync().ConfigureAwait(false);
                return;
            }

            if (read.Buffer.Length > 0)
            {
                var bytes = read.Buffer.ToArray();
                _scheduler.At(NextToClient(), () =>
                {
                    if (!_clientGone && !_toldClient)
                        _client.Received(this, bytes);
                });
            }

            _outgoing.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                break;
        }

        TellClient(NextToClient());
    }

    private async Task EndAsync(Task serving)
    {
        try
        {
            await serving.ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The client is gone, which pipes tell in this way.
        }
        catch (Exception error)
        {
            _client.ServerFailed(this, error);
        }

        if (_serverGone)
            return;
        _serverGone = true;
        EndedAt ??= _scheduler.Now;
        await _outgoing.Writer.CompleteAsync().ConfigureAwait(false);
        await _incoming.Reader.CompleteAsync().ConfigureAwait(false);
        await _closed.CancelAsync().ConfigureAwait(false);
    }

    private void EndServer()
    {
        if (_serverGone || _cut)
            return;
        _cut = true;
        EndedAt ??= _scheduler.Now;
        _incoming.Writer.Complete();
        _outgoing.Reader.CancelPendingRead();
        ResumeReading();
        _closed.Cancel();
    }

    private void TellClient(TimeSpan at) => _scheduler.At(at, () =>
    {
        if (_clientGone || _toldClient)
            return;
        _toldClient = true;
        _client.Closed(this);
    });
}

/// <summary>The client's side of a <see cref="ClientLink"/>.</summary>
internal interface ILinkClient
{
    void Received(ClientLink link, byte[] bytes);

    /// <summary>The edge, or the network, has closed it.</summary>
    void Closed(ClientLink link);

    /// <summary>Serving the connection ended with an exception that is no end of a connection.</summary>
    void ServerFailed(ClientLink link, Exception error);
}
