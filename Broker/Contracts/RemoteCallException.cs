using Orleans;

namespace Starling.Broker.Contracts;

/// <summary>A call between processes failed: whether it was carried out is not known.</summary>
[GenerateSerializer, Alias("starling.remote-call")]
public sealed class RemoteCallException : Exception
{
    public RemoteCallException(string message) : base(message)
    {
    }

    public RemoteCallException(string message, Exception cause) : base(message, cause)
    {
    }
}
