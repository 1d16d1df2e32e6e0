using System.Buffers;
using System.IO.Pipelines;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Edge.Outgoing;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Outgoing;

/// <summary>An outbox whose client reads when the test says so: a flush waits from <see cref="PipeBytes"/> unread bytes on.</summary>
internal sealed class OutboxRig : ISkippedEntries
{
    public const int PipeBytes = 256;

    private readonly Pipe _pipe = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: PipeBytes,
        resumeWriterThreshold: PipeBytes / 2,
        useSynchronizationContext: false));

    public OutboxRig(
        ushort receiveMaximum = 10,
        uint maximumPacketSize = uint.MaxValue,
        ushort aliases = 0,
        long queueBytes = 4096,
        ProtocolVersion version = ProtocolVersion.Mqtt5)
    {
        Version = version;
        Ledger = new ConnectionLedger(Counters.Held);
        Outbox = new Outbox(
            _pipe.Writer, new OutboxOptions(version, receiveMaximum, maximumPacketSize, aliases, queueBytes), Counters, Time, this, Ledger);
    }

    public Outbox Outbox { get; }

    public TenantCounters Counters { get; } = new("t");

    public ConnectionLedger Ledger { get; }

    public ManualTime Time { get; } = new();

    /// <summary>How often the outbox has said that there are some.</summary>
    public int Skips { get; private set; }

    private ProtocolVersion Version { get; }

    public void Skipped() => Skips++;

    public static Delivery Delivery(
        string payload, int qos = 0, string topic = "a", SharedGroupKey? group = null, long expiresAt = Message.Never) => new(
        Message.Create(new Topic(topic), System.Text.Encoding.UTF8.GetBytes(payload), QualityOfService.ExactlyOnce, expiresAt: expiresAt),
        (QualityOfService)qos,
        Retain: false,
        SubscriptionIdentifiers: null,
        group);

    public static InboxEntry Entry(long number, string payload, int qos = 1) => new(number, Delivery(payload, qos));

    /// <summary>Sends a message and flushes if that is asked for.</summary>
    public void Send(Delivery delivery)
    {
        if (Outbox.Send(delivery))
            Outbox.Flush();
    }

    /// <summary>Makes a flush wait for the client.</summary>
    public void Stall()
    {
        Send(Delivery(new string('s', PipeBytes)));
        Outbox.IsStalled.ShouldBeTrue();
    }

    /// <summary>The client reads all there is, until nothing more comes.</summary>
    public List<object> Read()
    {
        List<object> packets = [];
        while (_pipe.Reader.TryRead(out var result) && result.Buffer.Length > 0)
        {
            var bytes = result.Buffer.ToArray().AsSpan();
            while (Framing.TryReadFixedHeader(bytes, int.MaxValue, out var header, Version) && bytes.Length >= header.PacketLength)
            {
                packets.Add(AnyPacket.Decode(bytes[..header.PacketLength], Version, PublishSender.Server));
                bytes = bytes[header.PacketLength..];
            }

            bytes.Length.ShouldBe(0);
            _pipe.Reader.AdvanceTo(result.Buffer.End);
        }

        return packets;
    }

    /// <summary>What the client reads of messages.</summary>
    public List<string> ReadTexts() => [.. Read().OfType<PublishMessage>().Select(message => message.Text)];

    /// <summary>The client is gone.</summary>
    public void Break() => _pipe.Reader.Complete();
}
