using System.Collections;
using Starling.Broker.Messages;

namespace Starling.Cluster.Serialization;

/// <summary>
/// Deliveries as an argument of a call to another process. Orleans writes any other list element by element; this one is written as a
/// <see cref="PackedBatch"/>, and goes by reference within a process.
/// </summary>
/// <param name="deliveries">Not changed any more.</param>
[Immutable]
public sealed class DeliveryList(IReadOnlyList<Delivery> deliveries) : IReadOnlyList<Delivery>
{
    public int Count => deliveries.Count;

    public Delivery this[int index] => deliveries[index];

    public static DeliveryList Of(IReadOnlyList<Delivery> deliveries) => deliveries as DeliveryList ?? new DeliveryList(deliveries);

    public IEnumerator<Delivery> GetEnumerator() => deliveries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
