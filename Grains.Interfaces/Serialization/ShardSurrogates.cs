using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;
using Starling.Protocol;

namespace Starling.Grains.Interfaces.Serialization;

/// <summary>See <see cref="ShardTransfer"/>; its messages are a <see cref="PackedBatch"/>.</summary>
[GenerateSerializer, Alias("starling.shard-transfer")]
internal struct ShardTransferSurrogate
{
    [Id(0)]
    public string Sender;

    [Id(1)]
    public bool IsEdge;

    [Id(2)]
    public long KnownEpoch;

    [Id(3)]
    public long Number;

    [Id(4)]
    public EdgeRoutes? Routes;

    [Id(5)]
    public ReadOnlyMemory<byte> Messages;

    [Id(6)]
    public int Lane;
}

[RegisterConverter]
internal sealed class ShardTransferConverter : IConverter<ShardTransfer, ShardTransferSurrogate>
{
    public ShardTransfer ConvertFromSurrogate(in ShardTransferSurrogate surrogate) => new(
        surrogate.Sender,
        surrogate.IsEdge,
        surrogate.KnownEpoch,
        surrogate.Number,
        surrogate.Routes,
        PackedBatch.ReadMessages(surrogate.Messages),
        (ShardLane)surrogate.Lane);

    public ShardTransferSurrogate ConvertToSurrogate(in ShardTransfer value) => new()
    {
        Sender = value.Sender,
        IsEdge = value.IsEdge,
        KnownEpoch = value.KnownEpoch,
        Number = value.Number,
        Routes = value.Routes,
        Messages = PackedBatch.Of(value.Messages),
        Lane = (int)value.Lane,
    };
}

/// <summary>See <see cref="ShardReply"/>; an outcome is a byte.</summary>
[GenerateSerializer, Alias("starling.shard-reply")]
internal struct ShardReplySurrogate
{
    [Id(0)]
    public long Epoch;

    [Id(1)]
    public int Kind;

    [Id(2)]
    public byte[]? Outcomes;

    [Id(3)]
    public int[]? NotStored;
}

[RegisterConverter]
internal sealed class ShardReplyConverter : IConverter<ShardReply, ShardReplySurrogate>
{
    public ShardReply ConvertFromSurrogate(in ShardReplySurrogate surrogate)
    {
        var outcomes = surrogate.Outcomes ?? [];
        var reasons = new ReasonCode[outcomes.Length];
        for (var i = 0; i < outcomes.Length; i++)
            reasons[i] = (ReasonCode)outcomes[i];
        return new ShardReply(surrogate.Epoch, (ShardReplyKind)surrogate.Kind, reasons, surrogate.NotStored ?? []);
    }

    public ShardReplySurrogate ConvertToSurrogate(in ShardReply value)
    {
        var outcomes = value.Outcomes.Count > 0 ? new byte[value.Outcomes.Count] : null;
        for (var i = 0; i < value.Outcomes.Count; i++)
            outcomes![i] = (byte)value.Outcomes[i];
        return new()
        {
            Epoch = value.Epoch,
            Kind = (int)value.Kind,
            Outcomes = outcomes,
            NotStored = value.NotStored.Count > 0 ? [.. value.NotStored] : null,
        };
    }
}

/// <summary>See <see cref="RetainedPage"/>; its messages are a <see cref="PackedBatch"/>.</summary>
[GenerateSerializer, Alias("starling.retained-page")]
internal struct RetainedPageSurrogate
{
    [Id(0)]
    public ReadOnlyMemory<byte> Messages;

    [Id(1)]
    public bool More;
}

[RegisterConverter]
internal sealed class RetainedPageConverter : IConverter<RetainedPage, RetainedPageSurrogate>
{
    public RetainedPage ConvertFromSurrogate(in RetainedPageSurrogate surrogate) => new(PackedBatch.ReadMessages(surrogate.Messages), surrogate.More);

    public RetainedPageSurrogate ConvertToSurrogate(in RetainedPage value) => new() { Messages = PackedBatch.Of(value.Messages), More = value.More };
}
