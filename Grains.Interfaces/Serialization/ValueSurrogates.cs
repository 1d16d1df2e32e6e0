using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Grains.Interfaces.Serialization;

/// <summary>A single message, as its <see cref="MessageFrame"/>.</summary>
[GenerateSerializer, Alias("starling.message")]
internal struct MessageSurrogate
{
    [Id(0)]
    public byte[] Frame;
}

[RegisterConverter]
internal sealed class MessageConverter : IConverter<Message, MessageSurrogate>
{
    public Message ConvertFromSurrogate(in MessageSurrogate surrogate) => new MessageFrameReader().Read(surrogate.Frame);

    public MessageSurrogate ConvertToSurrogate(in Message value) => new() { Frame = MessageFrame.Encode(value) };
}

/// <summary>The byte of the SUBSCRIBE packet.</summary>
[GenerateSerializer, Alias("starling.subscription-options")]
internal struct SubscriptionOptionsSurrogate
{
    [Id(0)]
    public byte Value;
}

[RegisterConverter]
internal sealed class SubscriptionOptionsConverter : IConverter<SubscriptionOptions, SubscriptionOptionsSurrogate>
{
    public SubscriptionOptions ConvertFromSurrogate(in SubscriptionOptionsSurrogate surrogate) => SubscriptionOptions.FromByte(surrogate.Value);

    public SubscriptionOptionsSurrogate ConvertToSurrogate(in SubscriptionOptions value) => new() { Value = value.ToByte() };
}

/// <summary>See <see cref="StaleEpochException"/>: what it names is what its message is made of.</summary>
[GenerateSerializer, Alias("starling.stale-epoch")]
internal struct StaleEpochSurrogate
{
    [Id(0)]
    public SessionKey Session;

    [Id(1)]
    public long Epoch;
}

[RegisterConverter]
internal sealed class StaleEpochConverter : IConverter<StaleEpochException, StaleEpochSurrogate>
{
    public StaleEpochException ConvertFromSurrogate(in StaleEpochSurrogate surrogate) => new(surrogate.Session, surrogate.Epoch);

    public StaleEpochSurrogate ConvertToSurrogate(in StaleEpochException value) => new() { Session = value.Session, Epoch = value.Epoch };
}
