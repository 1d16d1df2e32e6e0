using Starling.Protocol;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>Clients come and go while PostgreSQL is away.</summary>
public sealed class OutageReconnectTests(OutageServer postgres) : IClassFixture<OutageServer>
{
    [Fact]
    public async Task Session_whose_client_left_and_tried_to_come_back_is_right_afterwards()
    {
        await using var broker = await StoredBroker.StartAsync(postgres.Server);
        await using var outage = new Outage(postgres.Server, OutageKind.Stopped);
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("will/#", QualityOfService.AtLeastOnce);
        var device = await broker.ConnectAsync("device", expiry: 3600, change: WithWill("lost"));
        await device.SubscribeAsync("d/1", QualityOfService.AtLeastOnce);
        await device.SubscribeAsync("d/2", QualityOfService.AtLeastOnce);
        await using var leaver = await broker.ConnectAsync("leaver", expiry: 3600, change: WithWill("never"));
        await outage.BeginAsync();
        try
        {
            await broker.NotReadyAsync();
            await device.DisposeAsync();
            await leaver.DisconnectAsync(sessionExpiryInterval: 0);
            (await broker.TryConnectAsync("device", change: Durable)).ShouldBe(ReasonCode.ServerUnavailable);
        }
        finally
        {
            await outage.EndAsync();
        }

        await broker.ReadyAsync();
        (await watcher.ExpectMessageAsync()).Text.ShouldBe("lost");
        await using var publisher = await broker.ConnectAsync("publisher");
        await publisher.PublishAsync("d/1", "1", QualityOfService.AtLeastOnce);
        await using var again = await broker.OpenAsync();
        var connAck = await again.ConnectAsync(Durable(StoredBroker.Login("device", again.Version)));
        connAck.SessionPresent.ShouldBeTrue();
        (await again.ExpectMessageAsync()).Text.ShouldBe("1");
        await publisher.PublishAsync("d/2", "2", QualityOfService.AtLeastOnce);
        (await again.ExpectMessageAsync()).Text.ShouldBe("2");
        await using var gone = await broker.OpenAsync();
        (await gone.ConnectAsync(Durable(StoredBroker.Login("leaver", gone.Version)))).SessionPresent.ShouldBeFalse();
        await watcher.ExpectNothingAsync();
    }

    [Fact]
    public async Task Will_that_waits_is_published_although_its_client_was_refused_meanwhile()
    {
        await using var broker = await StoredBroker.StartAsync(postgres.Server);
        await using var outage = new Outage(postgres.Server, OutageKind.Stopped);
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("will/#", QualityOfService.AtLeastOnce);
        var device = await broker.ConnectAsync("device", expiry: 3600, change: WithWill("lost", delay: 7));
        await outage.BeginAsync();
        try
        {
            await broker.NotReadyAsync();
            await device.DisposeAsync();
            (await broker.TryConnectAsync("device", change: Durable)).ShouldBe(ReasonCode.ServerUnavailable);
        }
        finally
        {
            await outage.EndAsync();
        }

        (await watcher.ExpectMessageAsync()).Text.ShouldBe("lost");
        await watcher.ExpectNothingAsync();
    }

    private static ConnectPacket Durable(ConnectPacket connect) => connect with { CleanStart = false, SessionExpiryInterval = 3600 };

    private static Func<ConnectPacket, ConnectPacket> WithWill(string payload, uint delay = 0) => connect => connect with
    {
        Will = new Will
        {
            Topic = "will/" + payload,
            Payload = System.Text.Encoding.UTF8.GetBytes(payload),
            QoS = QualityOfService.AtLeastOnce,
            WillDelayInterval = delay,
        },
    };
}
