using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;

namespace Starling.Grains.Interfaces.Serialization;

/// <summary>See <see cref="EdgeTransfer"/>; its messages are a <see cref="PackedBatch"/>.</summary>
[GenerateSerializer, Alias("starling.edge-transfer")]
internal struct EdgeTransferSurrogate
{
    [Id(0)]
    public string Tenant;

    [Id(1)]
    public int Shard;

    [Id(2)]
    public long Epoch;

    [Id(3)]
    public long Number;

    [Id(4)]
    public ReadOnlyMemory<byte> Messages;

    [Id(5)]
    public MemberDeliveriesSurrogate[]? Members;
}

/// <summary>See <see cref="MemberDeliveries"/>; the deliveries are a <see cref="PackedBatch"/>.</summary>
[GenerateSerializer, Alias("starling.member-deliveries")]
internal struct MemberDeliveriesSurrogate
{
    [Id(0)]
    public string ClientId;

    [Id(1)]
    public long Epoch;

    [Id(2)]
    public ReadOnlyMemory<byte> Deliveries;
}

[RegisterConverter]
internal sealed class EdgeTransferConverter : IConverter<EdgeTransfer, EdgeTransferSurrogate>
{
    public EdgeTransfer ConvertFromSurrogate(in EdgeTransferSurrogate surrogate) => new(
        surrogate.Tenant,
        surrogate.Shard,
        surrogate.Epoch,
        surrogate.Number,
        PackedBatch.ReadMessages(surrogate.Messages),
        surrogate.Members is not { } members
            ? []
            : Array.ConvertAll(members, static member => new MemberDeliveries(member.ClientId, member.Epoch, PackedBatch.ReadDeliveries(member.Deliveries))));

    public EdgeTransferSurrogate ConvertToSurrogate(in EdgeTransfer value) => new()
    {
        Tenant = value.Tenant,
        Shard = value.Shard,
        Epoch = value.Epoch,
        Number = value.Number,
        Messages = PackedBatch.Of(value.Messages),
        Members = value.Members.Count == 0 ? null : [.. value.Members.Select(static member => new MemberDeliveriesSurrogate
        {
            ClientId = member.ClientId,
            Epoch = member.Epoch,
            Deliveries = PackedBatch.Of(member.Deliveries),
        })],
    };
}

/// <summary>An <see cref="InboxPush"/> as a whole is a <see cref="PackedBatch"/>: it has many connections, and often one message for all of them.</summary>
[GenerateSerializer, Alias("starling.inbox-push")]
internal struct InboxPushSurrogate
{
    [Id(0)]
    public ReadOnlyMemory<byte> Entries;
}

[RegisterConverter]
internal sealed class InboxPushConverter : IConverter<InboxPush, InboxPushSurrogate>
{
    public InboxPush ConvertFromSurrogate(in InboxPushSurrogate surrogate) => PackedBatch.ReadPush(surrogate.Entries);

    public InboxPushSurrogate ConvertToSurrogate(in InboxPush value) => new() { Entries = PackedBatch.Of(value) };
}
