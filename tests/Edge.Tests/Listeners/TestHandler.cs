using System.Threading.Channels;
using Starling.Edge.Connections;
using Starling.Edge.Transports;

namespace Starling.Edge.Tests.Listeners;

/// <summary>Sends back what it gets; says <c>bye</c> when the broker drains.</summary>
internal sealed class TestHandler : IClientHandler
{
    private readonly Channel<ClientTransport> _served = Channel.CreateUnbounded<ClientTransport>();
    private readonly Channel<ClientTransport> _ended = Channel.CreateUnbounded<ClientTransport>();

    /// <summary>False is a client that never gets its CONNECT through.</summary>
    public bool Establishes { get; init; } = true;

    /// <summary>True is a handler that does not care that the broker stops.</summary>
    public bool IgnoresDrain { get; init; }

    /// <summary>What to do instead of echoing.</summary>
    public Func<ClientTransport, Task>? Instead { get; init; }

    /// <summary>The next connection that came in.</summary>
    public ValueTask<ClientTransport> ServedAsync() => _served.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>The next connection that is over.</summary>
    public ValueTask<ClientTransport> EndedAsync() => _ended.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public async Task ServeAsync(ClientTransport transport, CancellationToken drain)
    {
        if (Establishes)
            transport.Established();
        _served.Writer.TryWrite(transport);
        using var registration = IgnoresDrain ? default : drain.Register(transport.Input.CancelPendingRead);
        try
        {
            await (Instead is null ? EchoAsync(transport, drain) : Instead(transport));
        }
        finally
        {
            _ended.Writer.TryWrite(transport);
        }
    }

    private static async Task EchoAsync(ClientTransport transport, CancellationToken drain)
    {
        while (true)
        {
            var result = await transport.Input.ReadAsync(CancellationToken.None);
            if (result.IsCanceled && drain.IsCancellationRequested)
            {
                await transport.Output.WriteAsync("bye"u8.ToArray(), CancellationToken.None);
                return;
            }
            foreach (var segment in result.Buffer)
                await transport.Output.WriteAsync(segment, CancellationToken.None);
            transport.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                return;
        }
    }
}
