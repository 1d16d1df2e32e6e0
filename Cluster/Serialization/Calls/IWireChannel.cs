using Starling.Broker.Contracts;

namespace Starling.Cluster.Serialization.Calls;

/// <summary>Carries calls to one object in another process, and the answers back. See <see cref="WireCall"/> for what is in them.</summary>
public interface IWireChannel
{
    /// <param name="call">Not written to any more.</param>
    /// <param name="cancellation">The caller does not want it any more.</param>
    /// <exception cref="RemoteCallException">Whether it was carried out is not known.</exception>
    ValueTask<ReadOnlyMemory<byte>> CallAsync(ReadOnlyMemory<byte> call, CancellationToken cancellation);
}
