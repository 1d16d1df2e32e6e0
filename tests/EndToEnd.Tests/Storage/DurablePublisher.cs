using System.Globalization;
using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>Numbers, published at QoS 1 and 2 in turn without waiting for answers.</summary>
internal sealed class DurablePublisher(MqttTestClient client)
{
    private readonly HashSet<ushort> _open = [];

    public async Task SendAsync(string topic, IEnumerable<int> numbers, int size = 0)
    {
        foreach (var number in numbers)
        {
            var qos = number % 2 == 1 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce;
            var payload = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture).PadRight(size));
            _open.Add((ushort)number);
            await client.SendAsync(new PublishMessage { Topic = topic, Payload = payload, QoS = qos, PacketIdentifier = (ushort)number });
        }
    }

    /// <summary>Carries the exchanges to their end.</summary>
    /// <param name="first">What was received before, if anything was.</param>
    /// <returns>The numbers that were taken; the others were refused with 0x97.</returns>
    public async Task<SortedSet<int>> CompleteAsync(Task<ReceivedPacket>? first = null)
    {
        var taken = new SortedSet<int>();
        while (_open.Count > 0)
        {
            var ack = (AckPacket)(await (first ?? client.ReceiveAsync())).Packet;
            first = null;
            if (ack.ReasonCode is not (ReasonCode.Success or ReasonCode.NoMatchingSubscribers))
            {
                ack.ReasonCode.ShouldBe(ReasonCode.QuotaExceeded);
                _open.Remove(ack.PacketIdentifier).ShouldBeTrue();
                continue;
            }

            taken.Add(ack.PacketIdentifier);
            if (ack.Type == PacketType.PubRec)
                await client.SendAsync(new AckPacket(PacketType.PubRel, ack.PacketIdentifier));
            else
                _open.Remove(ack.PacketIdentifier).ShouldBeTrue();
        }

        return taken;
    }

    /// <summary>What a subscriber gets, which must then be all.</summary>
    public static async Task<int[]> ReceiveAsync(MqttTestClient subscriber, int count)
    {
        var numbers = new int[count];
        for (var i = 0; i < count; i++)
            numbers[i] = int.Parse((await subscriber.ExpectMessageAsync()).Text, CultureInfo.InvariantCulture);
        await subscriber.ExpectNothingAsync();
        return numbers;
    }
}
