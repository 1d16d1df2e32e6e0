using Starling.Broker.Messages;
using Starling.Cluster.Serialization;

namespace Starling.Grains.Interfaces.Serialization;

/// <summary>A <see cref="DeliveryList"/> is a <see cref="PackedBatch"/>.</summary>
[GenerateSerializer, Alias("starling.deliveries")]
internal struct DeliveryListSurrogate
{
    [Id(0)]
    public ReadOnlyMemory<byte> Deliveries;
}

[RegisterConverter]
internal sealed class DeliveryListConverter : IConverter<DeliveryList, DeliveryListSurrogate>
{
    public DeliveryList ConvertFromSurrogate(in DeliveryListSurrogate surrogate) => new(PackedBatch.ReadDeliveries(surrogate.Deliveries));

    public DeliveryListSurrogate ConvertToSurrogate(in DeliveryList value) => new() { Deliveries = PackedBatch.Of((IReadOnlyList<Delivery>)value) };
}

/// <summary>A delivery in any other list: a <see cref="PackedBatch"/> of one.</summary>
[GenerateSerializer, Alias("starling.delivery")]
internal struct DeliverySurrogate
{
    [Id(0)]
    public ReadOnlyMemory<byte> Delivery;
}

[RegisterConverter]
internal sealed class DeliveryConverter : IConverter<Delivery, DeliverySurrogate>
{
    public Delivery ConvertFromSurrogate(in DeliverySurrogate surrogate) => PackedBatch.ReadDeliveries(surrogate.Delivery)[0];

    public DeliverySurrogate ConvertToSurrogate(in Delivery value) => new() { Delivery = PackedBatch.Of((IReadOnlyList<Delivery>)[value]) };
}
