using Starling.Protocol;

namespace Starling.Broker.Contracts;

/// <summary>What sessions ask of the edge that holds their connection.</summary>
public interface IInboxDelivery
{
    /// <summary>Entries of a durable session's inbox for its connection, in order.</summary>
    /// <param name="epoch">Of the connection.</param>
    /// <param name="owner">Of the session object (<see cref="SessionFencingToken.Epoch"/>): of two that push, the later one counts.</param>
    /// <param name="entries">What the connection has not had, as far as the object knows; none asks whether the edge has the connection.</param>
    ValueTask DeliverInboxAsync(string tenant, string clientId, long epoch, long owner, IReadOnlyList<InboxEntry> entries);

    /// <summary>Ends a connection, telling an MQTT 5 client why.</summary>
    /// <returns>True when it is gone.</returns>
    ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason);
}
