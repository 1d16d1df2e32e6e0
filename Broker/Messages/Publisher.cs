namespace Starling.Broker.Messages;

/// <summary>One connection of a client as the source of messages; what No Local and repeats of QoS 2 messages refer to.</summary>
/// <param name="ClientId">The client identifier within its tenant.</param>
/// <param name="Epoch">The session epoch in which the connection was made.</param>
/// <param name="SessionId">The publisher's session in the store; 0 when it ends with the connection.</param>
public sealed record Publisher(string ClientId, long Epoch, long SessionId = 0);
