using Starling.Edge.Listeners;

namespace Starling.Edge.Hosting;

/// <summary>Reads what clients send and throws it away; stands in until MQTT is spoken here.</summary>
internal sealed class DiscardHandler : IClientHandler
{
    public async Task ServeAsync(ClientTransport transport, CancellationToken drain)
    {
        transport.Established();
        using var registration = drain.Register(transport.Input.CancelPendingRead);
        while (true)
        {
            var result = await transport.Input.ReadAsync(CancellationToken.None);
            transport.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || result.IsCanceled)
                return;
        }
    }
}
