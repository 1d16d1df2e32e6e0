using System.Text;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Samples.Tests;

/// <summary>
/// Plays the packets that PubSubClient sends for the sketch, and compares every byte that comes back: the library takes a packet apart by
/// position. Names and topics are read from the sketch.
/// </summary>
public sealed class ArduinoDeviceTests(SampleBroker broker)
{
    private static readonly Sketch Sketch = Sketch.Read(Path.Combine(Installation.Root, "samples", "ArduinoDevice", "ArduinoDevice.ino"));

    [Fact]
    public async Task The_sketch_connects_subscribes_reports_and_obeys()
    {
        await using var observer = await SampleBroker.ObserveAsync(broker.EndPoint, "devices/arduino-thermometer/#");
        using var device = await ConnectAsync();

        // connectToBroker()
        await device.SendAsync(Packet(0x82, [0, 2, .. Text(Sketch["ledTopic"]), 0])); // PubSubClient begins with packet identifier 2
        await device.SendAsync(Packet(0x31, [.. Text(Sketch["statusTopic"]), .. "online"u8])); // before SUBACK, which it does not wait for
        await device.ExpectAsync(0x90, 3, 0, 2, 0);
        (await NextAsync(observer)).ShouldBe("devices/arduino-thermometer/status online");

        // loop(): a reading, and the keep alive
        await device.SendAsync(Packet(0x30, [.. Text(Sketch["temperatureTopic"]), .. "21.5"u8]));
        (await NextAsync(observer)).ShouldBe("devices/arduino-thermometer/temperature 21.5");
        await device.SendAsync(0xC0, 0);
        await device.ExpectAsync(0xD0, 0);

        // onMessage(): what comes is QoS 0 and not retained, though it was published at QoS 1
        await observer.PublishAsync(Sketch["ledTopic"], "on", QualityOfService.AtLeastOnce);
        (await NextAsync(observer)).ShouldBe("devices/arduino-thermometer/led on");
        await device.ExpectAsync(Packet(0x30, [.. Text(Sketch["ledTopic"]), .. "on"u8]));
        await device.SendAsync(Packet(0x31, [.. Text(Sketch["ledStateTopic"]), .. "on"u8]));
        (await NextAsync(observer)).ShouldBe("devices/arduino-thermometer/led/state on");

        // mqtt.disconnect(): no will
        await device.SendAsync(0xE0, 0);
        await device.ExpectEndAsync();
        await observer.ExpectNothingAsync();
    }

    [Fact]
    public async Task The_sketch_is_reported_offline_when_the_board_loses_power()
    {
        await using var observer = await SampleBroker.ObserveAsync(broker.EndPoint, Sketch["statusTopic"]);
        var device = await ConnectAsync();

        device.Dispose();

        (await NextAsync(observer)).ShouldBe("devices/arduino-thermometer/status offline");
    }

    [Fact]
    public void The_sketch_sends_the_connect_that_is_played_here() =>
        Convert.ToHexString(Connect()).ShouldBe(
            "10" + "58" // CONNECT, 88 bytes
            + "00044D515454" + "04" // MQTT, level 4
            + "E6" + "000F" // user name, password, retained will at QoS 0, clean session; keep alive 15 s
            + "0013" + Hex("arduino-thermometer")
            + "0022" + Hex("devices/arduino-thermometer/status")
            + "0007" + Hex("offline")
            + "0004" + Hex("demo")
            + "0004" + Hex("demo"));

    private async Task<Board> ConnectAsync()
    {
        var device = await Board.OpenAsync(broker.EndPoint);
        await device.SendAsync(Connect());
        await device.ExpectAsync(0x20, 2, 0, 0); // anything else, and PubSubClient closes
        return device;
    }

    /// <summary>PubSubClient.connect(id, user, password, willTopic, 0, true, willMessage).</summary>
    private static byte[] Connect() => Packet(0x10,
    [
        .. Text("MQTT"), 4, 0x06 | 1 << 5 | 0x80 | 0x40, 0, 15, .. Text(Sketch["clientId"]),
        .. Text(Sketch["statusTopic"]), .. Text("offline"), .. Text(Sketch["userName"]), .. Text(Sketch["password"]),
    ]);

    /// <summary>PubSubClient, as it comes, has room for packets of 256 bytes; those of the sketch need one byte for their length.</summary>
    private static byte[] Packet(byte header, byte[] rest)
    {
        rest.Length.ShouldBeLessThan(128);
        return [header, (byte)rest.Length, .. rest];
    }

    private static byte[] Text(string text) => [0, checked((byte)text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static string Hex(string text) => Convert.ToHexString(Encoding.ASCII.GetBytes(text));

    /// <summary>The next message that was not retained by another test.</summary>
    private static async Task<string> NextAsync(MqttTestClient observer)
    {
        PublishMessage message;
        do
            message = await observer.ExpectMessageAsync();
        while (message.Retain);
        return $"{message.Topic} {message.Text}";
    }
}
