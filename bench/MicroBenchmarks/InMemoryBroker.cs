using System.IO.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Edge.Configuration;
using Starling.Edge.Connections;
using Starling.Edge.Hosting;
using Starling.Edge.Listeners;
using Starling.Edge.Transports;

namespace Starling.MicroBenchmarks;

/// <summary>A standalone broker without sockets: clients are pipes, and what is sent to them is counted and forgotten.</summary>
internal sealed class InMemoryBroker : IDisposable
{
    private static readonly ListenerOptions Listener = new() { Name = "memory", Type = ListenerType.Tcp, Port = 0, Tenant = "bench" };

    private readonly ServiceProvider _services;
    private readonly IClientHandler _handler;
    private int _clients;

    public InMemoryBroker()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton(TimeProvider.System);
        var options = new EdgeOptions { Listeners = [Listener] };
        services.AddSingleton(options);
        services.AddSingleton<Drain>();
        BrokerServices.Add(options, services);
        _services = services.BuildServiceProvider();
        _handler = _services.GetRequiredService<IClientHandler>();
        _services.GetRequiredService<TenantDirectory>().Apply(
        [
            new TenantOptions
            {
                Name = "bench",
                Anonymous = new AnonymousAccess([new AclRule(Allow: true, AclActions.All, AclPattern.Parse("#"))]),
            },
        ]);
    }

    /// <summary>A connected client.</summary>
    public InMemoryClient Connect()
    {
        var client = new InMemoryClient($"client-{_clients++}");
        var transport = new ClientTransport(client, Listener, client);
        _ = _handler.ServeAsync(transport, _services.GetRequiredService<Drain>().Token);
        client.Connect();
        return client;
    }

    public void Dispose() => _services.Dispose();
}

/// <summary>One client of an <see cref="InMemoryBroker"/>. What it sends is dealt with before <see cref="Send"/> returns.</summary>
internal sealed class InMemoryClient(string clientId) : IDuplexPipe, ITransportLifetime
{
    private readonly Pipe _toBroker = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false));

    private readonly CountingWriter _fromBroker = new();

    public PipeReader Input => _toBroker.Reader;

    public PipeWriter Output => _fromBroker;

    public string Id => clientId;

    public CancellationToken Closed => CancellationToken.None;

    /// <summary>Bytes that the broker has sent.</summary>
    public long Received => _fromBroker.Flushed;

    public void Connect()
    {
        Send(Frames.Connect(clientId));
        if (Received != 4)
            throw new InvalidOperationException("The broker did not accept the client at once.");
    }

    public void Subscribe(string filter, int qos)
    {
        var before = Received;
        Send(Frames.Subscribe(filter, qos));
        if (Received != before + 5)
            throw new InvalidOperationException("The broker did not accept the subscription at once.");
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_toBroker.Writer.GetSpan(bytes.Length));
        _toBroker.Writer.Advance(bytes.Length);
        var flush = _toBroker.Writer.FlushAsync();
        if (!flush.IsCompletedSuccessfully || flush.Result.IsCompleted)
            throw new InvalidOperationException("The broker has ended the connection.");
    }

    public long? ConnectDeadline => null;

    public void Established()
    {
    }

    public void Abort()
    {
    }
}
