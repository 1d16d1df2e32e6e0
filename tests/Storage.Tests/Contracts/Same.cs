using Starling.Broker.Messages;

namespace Starling.Storage.Tests.Contracts;

/// <summary>Compares what has no equality of its own.</summary>
internal static class Same
{
    public static void Message(Message found, Message expected)
    {
        found.Topic.Text.ShouldBe(expected.Topic.Text);
        (found.QoS, found.Retain, found.ExpiresAt, found.Publisher).ShouldBe((expected.QoS, expected.Retain, expected.ExpiresAt, expected.Publisher));
        found.ForwardedProperties.SequenceEqual(expected.ForwardedProperties).ShouldBeTrue();
        found.Payload.SequenceEqual(expected.Payload).ShouldBeTrue();
        found.Size.ShouldBe(expected.Size);
    }

    public static void Delivery(Delivery found, Delivery expected)
    {
        Message(found.Message, expected.Message);
        (found.QoS, found.Retain, found.Group).ShouldBe((expected.QoS, expected.Retain, expected.Group));
        found.SubscriptionIdentifiers.ShouldBe(expected.SubscriptionIdentifiers);
    }
}
