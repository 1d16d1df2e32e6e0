using Starling.Cluster.Serialization.Calls;

namespace Starling.Grains.Interfaces;

/// <summary>
/// A call or an answer as <see cref="WireCall"/> writes it: all that Orleans carries for us. Orleans copies the bytes onto the wire and
/// into one array of the receiver's; within a process it hands them on as they are.
/// </summary>
[GenerateSerializer, Immutable, Alias("starling.frame")]
public readonly record struct WireFrame([property: Id(0)] ReadOnlyMemory<byte> Bytes);
