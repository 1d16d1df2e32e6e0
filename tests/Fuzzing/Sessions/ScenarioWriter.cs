using Starling.Fuzzing.Packets;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Fuzzing.Sessions;

/// <summary>Makes up what clients do: mostly what they may, in every order, and now and then what they may not.</summary>
internal sealed class ScenarioWriter(Random random, string prefix)
{
    private readonly List<Step> _steps = [];
    private readonly List<Author> _authors = [];

    public Scenario Write()
    {
        for (var count = random.Next(2, 5); count > 0; count--)
        {
            var version = random.Pick(ProtocolVersion.Mqtt31, ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5, ProtocolVersion.Mqtt5, ProtocolVersion.Mqtt5);
            // Sometimes two have the same identifier.
            var id = random.OneIn(8) && version != ProtocolVersion.Mqtt31 ? "" : $"{prefix}-{random.Pick('p', 'w', 'z')}";
            var acks = random.OneIn(10) ? AckStyle.Wrong : random.Pick(AckStyle.AtOnce, AckStyle.AtOnce, AckStyle.AtOnce, AckStyle.Shuffled, AckStyle.Never);
            _authors.Add(new Author(new Player(id, version, acks), new PacketMaker(random, version, prefix)) { PacketIdentifier = random.Next(1, 60_000) });
        }
        for (var count = random.Next(8, 40); count > 0; count--)
            WriteStep(random.Next(_authors.Count));
        return new(prefix, [.. _authors.Select(author => author.Player)], _steps);
    }

    private void WriteStep(int turn)
    {
        var author = _authors[turn];
        if (!author.IsOpen)
        {
            Open(turn, author);
            return;
        }
        switch (random.Next(24))
        {
            case 0:
                _steps.Add(new(turn, StepKind.Drop, []));
                author.IsOpen = false;
                break;
            case 1:
                Send(turn, author.Maker.Disconnect(random.Pick<byte>(0, 4, 0x80)).ToBytes());
                author.IsOpen = false;
                _steps.Add(new(turn, StepKind.Drop, []));
                break;
            case 2 or 3:
                _steps.Add(new(turn, StepKind.Settle, []));
                break;
            case 4:
                Send(turn, Mutations.Damage(author.Maker.Any(), random).Bytes, odd: true);
                break;
            case 5:
                var packet = PacketCatalogue.All[random.Next(PacketCatalogue.All.Count)];
                Send(turn, packet.Version == author.Player.Version || random.OneIn(4) ? packet.Bytes : author.Maker.Any().ToBytes(), odd: true);
                break;
            case 6:
                Storm(turn, author);
                break;
            case 7:
                Send(turn, author.Maker.Ack(random.Pick(PacketType.PubAck, PacketType.PubRec, PacketType.PubRel, PacketType.PubComp), random.Next(1, 10), detailed: true).ToBytes(), odd: true);
                break;
            case 8 when author.Last is { } last:
                // The same again: a repeat that is allowed at QoS 2 only until it is released.
                Send(turn, [(byte)(last[0] | 8), .. last.AsSpan(1)], odd: true);
                break;
            case 9 or 10 or 11 or 12:
                Send(turn, author.Maker.Subscribe(author.Next(), random.Next(1, 4)).ToBytes());
                break;
            case 13:
                Send(turn, author.Maker.Unsubscribe(author.Next(), random.Next(1, 4)).ToBytes());
                break;
            default:
                Send(turn, [.. Enumerable.Range(0, random.OneIn(5) ? 20 : 1).SelectMany(_ => Publish(author))]);
                break;
        }
    }

    private void Open(int turn, Author author)
    {
        (author.IsOpen, author.Aliases) = (true, []);
        _steps.Add(new(turn, StepKind.Open, []));
        if (random.OneIn(40))
            Send(turn, author.Maker.Any().ToBytes(), odd: true);
        var connect = author.Maker.Connect(author.Player.ClientId, author.Player.ClientId.Length == 0 || random.OneIn(3), hasPassword: false, 21, 22);
        if (random.OneIn(15))
            Send(turn, Mutations.Damage(connect, random).Bytes, odd: true);
        else
            Send(turn, connect.ToBytes());
    }

    private byte[] Publish(Author author)
    {
        var qos = random.Next(3);
        var identifier = qos > 0 ? author.Next() : 0;
        var alias = author.Player.Version == ProtocolVersion.Mqtt5 && random.OneIn(4) ? random.Next(1, 5) : 0;
        var bytes = author.Maker.Publish(qos, identifier, alias, aliasOnly: alias > 0 && !author.Aliases.Add(alias) && random.OneIn(2)).ToBytes();
        if (qos > 0)
            author.Last = bytes;
        return bytes;
    }

    private void Storm(int turn, Author author)
    {
        var bytes = new List<byte>();
        for (var times = random.Next(5, 30); times > 0; times--)
        {
            var draft = random.OneIn(2) ? author.Maker.Subscribe(author.Next(), 1) : author.Maker.Unsubscribe(author.Next(), 1);
            bytes.AddRange(draft.ToBytes());
            if (random.OneIn(3))
                bytes.AddRange(Publish(author));
        }
        Send(turn, [.. bytes]);
    }

    private void Send(int turn, byte[] bytes, bool odd = false)
    {
        var cutting = bytes.Length < 300 && random.OneIn(10) ? Cutting.EachByte : random.OneIn(4) ? Cutting.Random : Cutting.Whole;
        _steps.Add(new(turn, StepKind.Send, bytes, cutting, odd));
    }

    private sealed class Author(Player player, PacketMaker maker)
    {
        public Player Player => player;

        public PacketMaker Maker => maker;

        public bool IsOpen { get; set; }

        public HashSet<int> Aliases { get; set; } = [];

        /// <summary>The last PUBLISH above QoS 0.</summary>
        public byte[]? Last { get; set; }

        public int PacketIdentifier { get; set; }

        public int Next() => ++PacketIdentifier;
    }
}
