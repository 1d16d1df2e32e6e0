using Starling.Protocol;

namespace Starling.Durability.Clients;

/// <summary>
/// The identity with which a client comes back: unless it is clean it never starts anew, and a broker that has forgotten it is wrong.
/// </summary>
/// <param name="port">Where to connect this time.</param>
/// <param name="will">Of the connection that is made, or null.</param>
internal sealed class ClientSession(string clientId, ProtocolVersion version, Func<int> port, Oddities oddities, Func<Will?>? will = null)
{
    private bool _established;

    public string ClientId => clientId;

    public ProtocolVersion Version => version;

    public ushort ReceiveMaximum { get; init; }

    /// <summary>The session ends with its connection after all, and each one begins anew.</summary>
    public bool IsClean { get; init; }

    /// <summary>How often it was connected.</summary>
    public int Connections { get; private set; }

    /// <exception cref="LinkLostException">No connection, or the broker does not take it.</exception>
    public async Task<Link> ConnectAsync()
    {
        var link = await Link.OpenAsync(port(), version);
        try
        {
            await link.SendAsync(new ConnectPacket
            {
                ProtocolVersion = version,
                ClientIdentifier = clientId,
                CleanStart = IsClean,
                SessionExpiryInterval = version == ProtocolVersion.Mqtt5 && !IsClean ? 3600u : null,
                ReceiveMaximum = version == ProtocolVersion.Mqtt5 && ReceiveMaximum > 0 ? ReceiveMaximum : null,
                Will = will?.Invoke(),
            });
            if (await link.ReceiveAsync() is not ConnAckPacket answer)
                throw new LinkLostException("the first packet is no CONNACK");
            if (answer.ReasonCode != ReasonCode.Success)
            {
                oddities.Event($"refused with {answer.ReasonCode}");
                throw new LinkLostException("refused with " + answer.ReasonCode);
            }
            if (_established && !answer.SessionPresent && !IsClean)
                oddities.Violation(clientId, "its session is gone");
            _established = true;
            Connections++;
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }
}
