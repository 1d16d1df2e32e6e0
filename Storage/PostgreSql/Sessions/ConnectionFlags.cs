using Starling.Broker.Contracts;

namespace Starling.Storage.PostgreSql.Sessions;

/// <summary>What was told to a connection, as a row has it.</summary>
internal static class ConnectionFlags
{
    private const short Durable = 1;
    private const short SessionPresent = 2;

    public static short Of(StoredConnection? connection) =>
        (short)((connection is { Durable: false } ? 0 : Durable) | (connection is { SessionPresent: true } ? SessionPresent : 0));

    public static StoredConnection Read(string edge, long epoch, long attempt, int receiveMaximum, short flags) =>
        new(edge, epoch, attempt, receiveMaximum, (flags & Durable) != 0, (flags & SessionPresent) != 0);
}
