namespace Starling.Broker.Messages;

/// <summary>One connection of a client as the source of messages; what No Local and message ids refer to.</summary>
/// <param name="ClientId">The client identifier within its tenant.</param>
/// <param name="Epoch">The session epoch in which the connection was made.</param>
public sealed record Publisher(string ClientId, long Epoch);
