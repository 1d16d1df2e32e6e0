using Starling.Broker.Contracts;

namespace Starling.Cluster.Contracts;

/// <summary>Tells what a call to another process that ended with an exception was answered.</summary>
public static class CallAnswers
{
    /// <summary>
    /// Whether the exception is one that the contracts name as an answer. With any other it is not known whether the call was carried out: it
    /// may have got lost (<see cref="RemoteCallException"/>), found an object that has a successor (<see cref="StaleShardException"/>), or met a
    /// bug half-way.
    /// </summary>
    public static bool IsAnswer(Exception error) => error is StaleEpochException or StoreUnavailableException or OperationCanceledException;

    /// <summary>Whether the exception is part of how a cluster works: an answer, a lost call, or an object that has a successor.</summary>
    public static bool IsExpected(Exception error) =>
        IsAnswer(error) || error is RemoteCallException or StaleShardException or StaleDirectoryException;
}
