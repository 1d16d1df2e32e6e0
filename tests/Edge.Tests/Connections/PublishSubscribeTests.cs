using Starling.Protocol;

namespace Starling.Edge.Tests.Connections;

public sealed class PublishSubscribeTests
{
    public static TheoryData<ProtocolVersion, QualityOfService> VersionsAndQoS()
    {
        var data = new TheoryData<ProtocolVersion, QualityOfService>();
        foreach (var version in Enum.GetValues<ProtocolVersion>())
        {
            foreach (var qos in Enum.GetValues<QualityOfService>())
                data.Add(version, qos);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(VersionsAndQoS))]
    public async Task A_message_reaches_its_subscriber_at_its_QoS(ProtocolVersion version, QualityOfService qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var subscriber = await broker.ConnectAsync("subscriber", version);
        await using var publisher = await broker.ConnectAsync("publisher", version);
        await subscriber.SubscribeAsync("a/+", qos);

        await publisher.PublishAsync("a/b", "hello", qos);

        var message = await subscriber.ExpectMessageAsync();
        message.Topic.ShouldBe("a/b");
        message.Payload.ToArray().ShouldBe("hello"u8.ToArray());
        message.QoS.ShouldBe(qos);
    }
}
