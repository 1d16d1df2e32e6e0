using System.Buffers;
using System.Text;
using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;
using Starling.Cluster.Serialization.Calls;
using Starling.Protocol;

namespace Starling.Cluster.Tests.Serialization;

/// <summary>Old and new programs talk: what the other one does not know yet, or does not send yet.</summary>
public class RollingUpgradeTests
{
    [Fact]
    public void Fields_of_a_later_program_are_skipped_wherever_they_are()
    {
        var output = Begin();
        var writer = new WireWriter(output);
        Later(writer);
        writer.Text(1, "edge-1");
        writer.Number(4, 12);
        writer.Begin(5);
        writer.Number(1, 3);
        Later(writer);
        writer.Text(3, "a/#");
        writer.End();
        Later(writer);
        writer.Message(6, Samples.Message());
        writer.End();

        var read = WireCodec.Read<ShardTransfer>(output.WrittenMemory);

        (read.Sender, read.Number, read.Routes!.Version, read.Messages.Count).ShouldBe(("edge-1", 12, 3, 1));
        read.Routes.Added.ShouldBe(["a/#"]);
    }

    [Fact]
    public void Fields_that_an_older_program_does_not_send_are_empty()
    {
        var output = Begin();
        var writer = new WireWriter(output);
        writer.Text(1, "edge-1");
        writer.End();

        var read = WireCodec.Read<ShardTransfer>(output.WrittenMemory);

        (read.Sender, read.IsEdge, read.KnownEpoch, read.Number, read.Routes, read.Messages.Count).ShouldBe(("edge-1", false, 0, 0, null, 0));
    }

    [Fact]
    public void Properties_of_a_later_program_are_skipped()
    {
        var json = """{"Later":{"a":[1,2]},"PublishWill":true,"ExpirySeconds":null,"SentBelow":4,"Also":1}""";

        WireCodec.Read<SessionDisconnect>(Encoding.UTF8.GetBytes(json)).ShouldBe(new SessionDisconnect(true, null, 4));
    }

    [Fact]
    public void Properties_that_an_older_program_does_not_send_have_their_default_value()
    {
        WireCodec.Read<SessionDisconnect>("""{"PublishWill":true}"""u8.ToArray()).ShouldBe(new SessionDisconnect(true, null, 0));
    }

    [Fact]
    public async Task A_silo_of_an_older_program_reads_the_directory_without_its_name()
    {
        var target = new RecordingNode();
        byte[] call = [(byte)EdgeDirectoryProxy.Method.Read, .. "0"u8];

        var answer = await CallReceiver.HandleAsync((IEdgeDirectory)target, call);

        answer.Span[0].ShouldBe((byte)0);
        target.Calls.ShouldBe(["read "]);
    }

    [Fact]
    public void A_lease_from_an_older_program_says_nothing_of_silos()
    {
        WireCodec.Read<EdgeLease>("{\"IsHeld\":true,\"Duration\":\"00:00:10\"}"u8.ToArray())
            .ShouldBe(new EdgeLease(true, TimeSpan.FromSeconds(10), Silos: 0));
    }

    [Fact]
    public void What_every_program_sends_must_be_there()
    {
        Should.Throw<InvalidDataException>(() => WireCodec.Read<SessionDisconnect>("{}"u8.ToArray()));

        var output = Begin();
        new WireWriter(output).End();
        Should.Throw<InvalidDataException>(() => WireCodec.Read<ShardTransfer>(output.WrittenMemory));
    }

    [Fact]
    public void Skipped_groups_are_not_nested_without_end()
    {
        var output = Begin();
        var writer = new WireWriter(output);
        for (var i = 0; i < 100_000; i++)
            writer.Begin(99);

        Should.Throw<InvalidDataException>(() => WireCodec.Read<ShardTransfer>(output.WrittenMemory));
    }

    private static ArrayBufferWriter<byte> Begin()
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write([(byte)1]);
        return output;
    }

    private static void Later(WireWriter writer)
    {
        writer.Number(100, long.MaxValue);
        writer.Text(101, "later");
        writer.Begin(1000);
        writer.Begin(1);
        writer.Number((int)QualityOfService.AtLeastOnce, 5);
        writer.End();
        writer.Text(2, "");
        writer.End();
    }
}
