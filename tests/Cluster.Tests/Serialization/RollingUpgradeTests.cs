using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Invocation;
using Orleans.Serialization.Session;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;
using Starling.Cluster.Serialization.Fields;
using Starling.Grains.Interfaces;
using Starling.Simulation.Engine;

namespace Starling.Cluster.Tests.Serialization;

/// <summary>Old and new programs talk to each other: each version reads what the one before it sends, and the other way round.</summary>
public sealed class RollingUpgradeTests
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    [Fact]
    public void Frames_of_every_version_are_read()
    {
        foreach (var version in RecordedFrames.Versions)
        {
            foreach (var name in RecordedFrames.Names(version))
                Should.NotThrow(() => Remoting.Read<object>(RecordedFrames.Read(version, name)), $"{name} of version {version}");
        }
    }

    [Fact]
    public void Values_are_read_from_recorded_frames_as_they_were()
    {
        for (var i = 0; i < Samples.All.Count; i++)
        {
            var sample = Samples.All[i];
            var frame = RecordedFrames.ReadOrRecord($"{i:D2} {sample.GetType().Name}", Remoting.Write(sample));

            Description.Of(Remoting.Read<object>(frame)).ShouldBe(Description.Of(sample));
        }
    }

    [Fact]
    public async Task Calls_and_answers_are_read_from_recorded_frames_as_they_were()
    {
        var session = new RecordingSession();
        var node = new RecordingNode();

        await SampleCalls.MakeAsync(Remoting.Proxy<ISessionGrain>(request => CarryAsync(request, session)));
        await SampleCalls.MakeAsync(
            Remoting.Proxy<ITopicShardGrain>(request => CarryAsync(request, node)),
            Remoting.Proxy<IEdgeObserver>(request => CarryAsync(request, node)),
            Remoting.Proxy<IEdgeDirectoryGrain>(request => CarryAsync(request, node)),
            Remoting.Proxy<ITenantGrain>(request => CarryAsync(request, node)));

        session.Calls.ShouldBe(SampleCalls.OfSession);
        node.Calls.ShouldBe(SampleCalls.OfNode);
    }

    [Fact]
    public void Fields_that_a_later_version_has_added_are_skipped()
    {
        var frame = Frame(typeof(EdgeLease), (ref Writer<ArrayBufferWriter<byte>> writer) =>
        {
            BoolCodec.WriteField(ref writer, 0, true);
            TimeSpanCodec.WriteField(ref writer, 1, TimeSpan.FromSeconds(10));
            Int64Codec.WriteField(ref writer, 1, 6);
            StringCodec.WriteField(ref writer, 10, "later");
            writer.WriteStartObject(1, typeof(EdgeEntry), typeof(EdgeEntry));
            StringCodec.WriteField(ref writer, 0, "later, and nested");
            writer.WriteEndBase();
            writer.WriteEndObject();
            writer.WriteEndBase();
            StringCodec.WriteField(ref writer, 3, "a property of a later version");
        });

        Remoting.Read<EdgeLease>(frame).ShouldBe(new EdgeLease(true, TimeSpan.FromSeconds(10), Silos: 6));
    }

    [Fact]
    public void Fields_that_an_earlier_version_does_not_send_have_their_default_value()
    {
        var frame = Frame(typeof(EdgeLease), (ref Writer<ArrayBufferWriter<byte>> writer) =>
        {
            BoolCodec.WriteField(ref writer, 0, true);
            TimeSpanCodec.WriteField(ref writer, 1, TimeSpan.FromSeconds(10));
            writer.WriteEndBase();
        });

        Remoting.Read<EdgeLease>(frame).ShouldBe(new EdgeLease(true, TimeSpan.FromSeconds(10), Silos: 0));
    }

    [Fact]
    public void Fields_of_a_later_version_are_skipped_in_packed_batches_wherever_they_are()
    {
        var output = new WireBuffer(64);
        output.GetSpan(1)[0] = 1;
        output.Advance(1);
        var writer = new WireWriter(output);
        Later(writer);
        writer.Begin(1);
        Later(writer);
        writer.Text(1, "acme");
        writer.Text(2, "one");
        writer.Begin(4);
        writer.Number(1, 7);
        writer.Begin(2);
        writer.Message(1, Samples.Message());
        Later(writer);
        writer.End();
        Later(writer);
        writer.End();
        writer.End();
        Later(writer);
        writer.End();

        var entries = PackedBatch.ReadPush(output.Written).Entries.ShouldHaveSingleItem();

        (entries.Tenant, entries.ClientId, entries.Entries.Single().Number).ShouldBe(("acme", "one", 7));
    }

    private static async ValueTask<Response> CarryAsync(IInvokable request, object target)
    {
        var name = request.GetActivityName().Replace('/', '.');
        var call = Remoting.Read<IInvokable>(RecordedFrames.ReadOrRecord(name, Remoting.Write(request)));
        var response = await Remoting.InvokeAsync(call, target);
        return Remoting.Read<Response>(RecordedFrames.ReadOrRecord(name + ".answer", Remoting.Write(response)));
    }

    private delegate void WriteFields(ref Writer<ArrayBufferWriter<byte>> writer);

    /// <summary>An object of the type with these fields, as Orleans writes it.</summary>
    private static byte[] Frame(Type type, WriteFields fields)
    {
        using var session = Services.GetRequiredService<SerializerSessionPool>().GetSession();
        var output = new ArrayBufferWriter<byte>();
        var writer = Writer.Create(output, session);
        writer.WriteStartObject(0, expectedType: null!, type);
        fields(ref writer);
        writer.WriteEndObject();
        writer.Commit();
        return output.WrittenSpan.ToArray();
    }

    private static void Later(WireWriter writer)
    {
        writer.Number(100, long.MaxValue);
        writer.Text(101, "later");
        writer.Begin(1000);
        writer.Begin(1);
        writer.Number(1, 5);
        writer.End();
        writer.Text(2, "");
        writer.End();
    }
}
