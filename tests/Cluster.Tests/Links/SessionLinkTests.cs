using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Links;
using Starling.Cluster.Tests.Serialization;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Cluster.Tests.Links;

public sealed class SessionLinkTests
{
    private readonly ManualTime _time = new();
    private readonly RecordingSession _session = new() { Failure = new RemoteCallException("Lost.") };

    [Theory]
    [InlineData(QualityOfService.ExactlyOnce)]
    [InlineData(QualityOfService.AtLeastOnce)]
    public async Task A_QoS_2_message_that_is_in_doubt_is_not_brought_again_whatever_the_subscription(QualityOfService subscribed)
    {
        var delivery = new Delivery(Message(QualityOfService.ExactlyOnce), subscribed, Retain: false, null);

        await Should.ThrowAsync<RemoteCallException>(() => Link().EnqueueAsync([delivery]).AsTask());

        _session.Calls.ShouldBe(["enqueue 1"]);
    }

    [Fact]
    public async Task A_QoS_1_message_that_is_in_doubt_is_brought_again()
    {
        var delivery = new Delivery(Message(QualityOfService.AtLeastOnce), QualityOfService.AtLeastOnce, Retain: false, null);
        var enqueuing = Link().EnqueueAsync([delivery]).AsTask();
        _session.Failure = null;

        await _time.AdvanceUntilAsync(enqueuing);

        _session.Calls.ShouldBe(["enqueue 1", "enqueue 1"]);
    }

    private static Message Message(QualityOfService qos) => Broker.Messages.Message.Create(
        new Topic("a"), "x"u8, qos, publisher: new Publisher("p", 1, SessionId: 7), packetIdentifier: (ushort)(qos == QualityOfService.ExactlyOnce ? 3 : 0));

    private SessionLink Link() => new(_session, new LinkOptions(), _time);
}
