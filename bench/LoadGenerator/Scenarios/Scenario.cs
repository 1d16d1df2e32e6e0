namespace Starling.LoadGenerator.Scenarios;

/// <summary>Who publishes to whom.</summary>
internal enum Shape
{
    /// <summary>Each publisher has a receiver of its own.</summary>
    Pairs,

    /// <summary>One publisher, whose messages all receivers get.</summary>
    FanOut,

    /// <summary>One receiver, which gets the messages of all publishers by a wildcard.</summary>
    FanIn,
}

/// <summary>What is measured.</summary>
internal enum Kind
{
    /// <summary>Messages on their way from publishers to receivers.</summary>
    Traffic,

    /// <summary>How fast connections are made, and what memory they take.</summary>
    Connects,

    /// <summary>What connections cost that do nothing.</summary>
    Idle,

    /// <summary>Retained messages that a new subscription gets.</summary>
    Retained,

    /// <summary>Messages that waited for clients to come back.</summary>
    Offline,

    /// <summary>Messages to clients that are away, as fast as they are acknowledged.</summary>
    Queueing,

    /// <summary>Rows that PostgreSQL takes from one connection, without a broker: what there is to compare with.</summary>
    Database,
}

/// <summary>A case of the benchmark.</summary>
internal sealed record Scenario
{
    public required string Key { get; init; }

    public required string Title { get; init; }

    public Kind Kind { get; init; }

    public Shape Shape { get; init; }

    public int Publishers { get; init; } = 1;

    public int Receivers { get; init; } = 1;

    public int QoS { get; init; }

    /// <summary>Messages that a publisher of QoS 1 or 2 may have unacknowledged.</summary>
    public int Window { get; init; }

    /// <summary>Messages per second of all publishers together; 0 for as many as go.</summary>
    public double Rate { get; init; }

    /// <summary>How long the generator sleeps between two polls.</summary>
    public uint PauseMicroseconds { get; init; }

    /// <summary>Bytes.</summary>
    public int Payload { get; init; } = 64;

    /// <summary>Receivers subscribe with a wildcard.</summary>
    public bool Wildcard { get; init; }

    /// <summary>Subscriptions of other clients, to topics that nobody publishes to.</summary>
    public int Background { get; init; }

    /// <summary>Receivers have sessions that outlive the connection: what is acknowledged to publishers may not be lost.</summary>
    public bool Durable { get; init; }

    /// <summary>Connections or messages of the kinds that go by a number of them; rows in a transaction.</summary>
    public int Count { get; init; }

    public bool Tls { get; init; }

    /// <summary>Whether clients send user name and password.</summary>
    public bool Password { get; init; }

    /// <summary>A message is published when the one before has been acknowledged and has arrived.</summary>
    public bool OneAtATime => Window == 1;

    /// <summary>Deliveries for each message.</summary>
    public int Copies => Shape == Shape.FanOut ? Receivers : 1;
}
