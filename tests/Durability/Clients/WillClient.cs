using Starling.Durability.History;
using Starling.Protocol;

namespace Starling.Durability.Clients;

/// <summary>Does nothing but be there, with a will that names the connection. Comes back with another will when the connection is lost.</summary>
internal sealed class WillClient(ushort number, string name, ProtocolVersion version, bool durable, Func<int> port, Oddities oddities, Random random)
{
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly List<MessageId> _cut = [];
    private uint _connection;
    private bool _isConnected;
    private bool _isSettled;
    private bool _cutNow;
    private bool _over;

    public bool IsConnected => Volatile.Read(ref _isConnected);

    /// <summary>Wills of connections that were lost, to be published; without those published already.</summary>
    public IReadOnlyList<MessageId> Cut
    {
        get
        {
            lock (_gate)
                return [.. _cut];
        }
    }

    /// <summary>The will of the connection that stands, which must not be published; null when there is none.</summary>
    public MessageId? Held
    {
        get
        {
            lock (_gate)
                return _isConnected ? new MessageId(number, _connection) : null;
        }
    }

    public string Name => name;

    /// <summary>A will without a session is stored beside CONNACK: only from now on does the connection count for it.</summary>
    public void Settle()
    {
        lock (_gate)
            _isSettled = _isConnected;
    }

    public void Published(MessageId will)
    {
        lock (_gate)
            _cut.Remove(will);
    }

    /// <summary>Drops the connection without DISCONNECT.</summary>
    public void CutOff() => Volatile.Write(ref _cutNow, true);

    public void End() => Volatile.Write(ref _over, true);

    public async Task RunAsync()
    {
        var session = new ClientSession(name, version, port, oddities, Will);
        while (!Volatile.Read(ref _over))
        {
            try
            {
                await using var link = durable ? await session.ConnectAsync() : await ConnectCleanAsync();
                lock (_gate)
                    (_isConnected, _isSettled, _cutNow) = (true, durable, false);
                while (!Volatile.Read(ref _over) && !Volatile.Read(ref _cutNow))
                    await link.ReceiveAsync(Idle);
                if (Volatile.Read(ref _over))
                {
                    await link.SendAsync(new DisconnectPacket());
                    return;
                }
            }
            catch (LinkLostException)
            {
            }

            Lost();
            await Task.Delay(random.Next(5, 800));
        }
    }

    private void Lost()
    {
        lock (_gate)
        {
            if (_isConnected && _isSettled)
                _cut.Add(new(number, _connection));
            (_isConnected, _isSettled) = (false, false);
        }
    }

    private Will Will() => new()
    {
        Topic = Topics.Wills + name,
        QoS = QualityOfService.AtLeastOnce,
        Payload = new Content(new(number, ++_connection), 0, QualityOfService.AtLeastOnce).ToPayload(100),
    };

    private async Task<Link> ConnectCleanAsync()
    {
        var link = await Link.OpenAsync(port(), version);
        await link.SendAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = name, CleanStart = true, Will = Will() });
        return await link.ReceiveAsync() is ConnAckPacket { ReasonCode: ReasonCode.Success } ? link : throw new LinkLostException("not connected");
    }
}
