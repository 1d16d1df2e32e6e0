namespace Starling.Broker.Contracts;

/// <summary>
/// A store refuses at least one of several messages for what it is, and would refuse it again. None of them has been written; without that
/// one the others can be.
/// </summary>
public sealed class MessagesRejectedException(string message, Exception? inner = null) : Exception(message, inner);
