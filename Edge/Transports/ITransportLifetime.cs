namespace Starling.Edge.Transports;

/// <summary>What a <see cref="ClientTransport"/> needs from the socket below it.</summary>
public interface ITransportLifetime
{
    /// <summary>Unique in the process.</summary>
    string Id { get; }

    /// <summary>Fires when the socket is closed, by either side.</summary>
    CancellationToken Closed { get; }

    /// <inheritdoc cref="ClientTransport.ConnectDeadline"/>
    long? ConnectDeadline { get; }

    /// <inheritdoc cref="ClientTransport.ConnectReceived"/>
    void ConnectReceived()
    {
    }

    /// <inheritdoc cref="ClientTransport.Established"/>
    void Established();

    /// <inheritdoc cref="ClientTransport.Abort"/>
    void Abort();
}
