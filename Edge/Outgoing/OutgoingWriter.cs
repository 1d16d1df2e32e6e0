using System.Buffers;
using System.IO.Pipelines;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;

namespace Starling.Edge.Outgoing;

/// <summary>Encodes packets into a connection's pipe and counts them for the tenant. Not thread-safe: its <see cref="Outbox"/> locks.</summary>
internal sealed class OutgoingWriter(
    PipeWriter output, OutboxOptions options, TenantCounters counters, TimeProvider time, ConnectionLedger ledger, TenantQuotas? quotas)
{
    /// <summary>Up to this size head and payload go into one span.</summary>
    private const int SmallPacket = 4096;

    private readonly TopicAliases? _aliases = options.TopicAliasMaximum > 0 ? new TopicAliases(options.TopicAliasMaximum, ledger) : null;
    private int _packets;
    private int _messages;
    private int _messageBytes;

    /// <summary>Bytes written since the last <see cref="Count"/>, which comes with each flush.</summary>
    public long UnflushedBytes { get; private set; }

    /// <summary>Writes control packets that are encoded already.</summary>
    public void Write(ReadOnlySpan<byte> packets) => output.Write(packets);

    /// <summary>Counts control packets apart from writing them: they may wait for the client first.</summary>
    public void CountControl(int packets, int bytes)
    {
        _packets += packets;
        UnflushedBytes += bytes;
    }

    public void WriteRelease(ushort packetIdentifier)
    {
        new AckPacket(PacketType.PubRel, packetIdentifier).Encode(output, options.Version);
        CountControl(1, bytes: 4);
    }

    /// <summary>Writes a PUBLISH.</summary>
    /// <param name="packetIdentifier">0 at QoS 0.</param>
    /// <param name="dup">Whether the client may have got it before; it is then sent even if it has expired.</param>
    /// <returns>False when it has expired or is too large for the client, which is counted.</returns>
    public bool TryWrite(in Delivery delivery, ushort packetIdentifier, bool dup)
    {
        var message = delivery.Message;
        uint? expiry = null;
        if (message.ExpiresAt != Message.Never)
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            if (message.HasExpired(now) && !dup)
            {
                counters.DroppedExpired.Increment();
                return false;
            }

            expiry = message.RemainingExpiry(now);
        }

        ushort alias = 0;
        var named = true;
        if (_aliases is not null)
            alias = _aliases.For(message.Topic, out named);
        var head = new PublishHead
        {
            Version = options.Version,
            Dup = dup,
            QoS = delivery.QoS,
            Retain = delivery.Retain,
            Topic = named ? message.Topic.Utf8 : default,
            PacketIdentifier = packetIdentifier,
            TopicAlias = alias,
            MessageExpiryInterval = expiry,
            SubscriptionIdentifiers = delivery.SubscriptionIdentifiers,
            ForwardedProperties = message.ForwardedProperties,
            PayloadLength = message.PayloadLength,
        };
        if (alias != 0 && named && head.PacketLength > options.MaximumPacketSize)
        {
            // Without the new alias it may fit.
            _aliases!.Remove(message.Topic);
            head = head with { TopicAlias = 0 };
        }

        var headLength = head.Length;
        var length = headLength + message.PayloadLength;
        if (length > options.MaximumPacketSize)
        {
            counters.DroppedTooLarge.Increment();
            return false;
        }

        if (length <= SmallPacket)
        {
            var span = output.GetSpan(length);
            head.Write(span);
            message.Payload.CopyTo(span[headLength..]);
            output.Advance(length);
        }
        else
        {
            head.Write(output.GetSpan(headLength));
            output.Advance(headLength);
            output.Write(message.Payload);
        }

        _packets++;
        _messages++;
        _messageBytes += message.PayloadLength;
        UnflushedBytes += length;
        return true;
    }

    /// <summary>Adds what was written to the tenant's counters, and charges its rate: one addition each per flush.</summary>
    public void Count()
    {
        if (_packets == 0)
            return;
        counters.PacketsSent.Add(_packets);
        counters.BytesSent.Add(UnflushedBytes);
        quotas?.ChargeOut(UnflushedBytes);
        if (_messages > 0)
        {
            counters.PublishSent.Add(_messages);
            counters.PublishBytesSent.Add(_messageBytes);
        }

        _packets = _messages = _messageBytes = 0;
        UnflushedBytes = 0;
    }
}
