namespace Starling.Durability.Clients;

internal sealed class LinkLostException(string message, Exception? cause = null) : Exception(message, cause);
