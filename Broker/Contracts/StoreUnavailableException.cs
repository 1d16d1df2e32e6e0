using Orleans;

namespace Starling.Broker.Contracts;

/// <summary>The store does not take a write, or can't be read: it is away, too much waits for it already, or it can't keep this.</summary>
[GenerateSerializer, Alias("starling.store-unavailable")]
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
