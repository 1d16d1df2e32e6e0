using Starling.Broker.Contracts;

namespace Starling.Cluster.Serialization.Calls;

/// <summary>
/// A call between processes: a byte that names the method, and its arguments. An answer: a byte that says how it ended, and its result or
/// its failure. Each in the form of <see cref="WireCodec"/>.
/// </summary>
/// <remarks>Methods keep their number for ever. One that a receiver does not know, since it is older, ends like a call that went wrong.</remarks>
internal static class WireCall
{
    private enum Ending : byte
    {
        Done,
        StaleEpoch,
        StoreUnavailable,

        /// <summary>The receiver's own call to somebody else; or it did not expect what happened, and it is its bug.</summary>
        Failed,
        Canceled,
    }

    public static async ValueTask<TResult> InvokeAsync<TArguments, TResult>(
        IWireChannel channel, byte method, TArguments arguments, CancellationToken cancellation = default) =>
        ReadResult<TResult>(await channel.CallAsync(Encode(method, arguments), cancellation).ConfigureAwait(false), cancellation);

    /// <summary>For a method that returns nothing.</summary>
    public static async ValueTask InvokeAsync<TArguments>(IWireChannel channel, byte method, TArguments arguments) =>
        ReadEnding(await channel.CallAsync(Encode(method, arguments), CancellationToken.None).ConfigureAwait(false), CancellationToken.None);

    public static byte Method(ReadOnlyMemory<byte> call) =>
        call.Length > 0 ? call.Span[0] : throw new InvalidDataException("What another process has sent is no call.");

    public static T Arguments<T>(ReadOnlyMemory<byte> call) => WireCodec.Read<T>(call[1..]);

    public static async ValueTask<ReadOnlyMemory<byte>> Done<T>(ValueTask<T> call)
    {
        var result = await call.ConfigureAwait(false);
        return Encode((byte)Ending.Done, result);
    }

    public static async ValueTask<ReadOnlyMemory<byte>> Done(ValueTask call)
    {
        await call.ConfigureAwait(false);
        return Nothing;
    }

    public static ReadOnlyMemory<byte> Unknown(byte method) =>
        Encode((byte)Ending.Failed, new CallFailure($"There is no method {method} here: the program is an older one."));

    /// <summary>The answer to a call that threw.</summary>
    public static ReadOnlyMemory<byte> Thrown(Exception error) => error switch
    {
        StaleEpochException stale => Encode(
            (byte)Ending.StaleEpoch, new CallFailure(stale.Message, stale.Session.Tenant, stale.Session.ClientId, stale.Epoch)),
        StoreUnavailableException => Encode((byte)Ending.StoreUnavailable, new CallFailure(error.Message)),
        OperationCanceledException => Encode((byte)Ending.Canceled, new CallFailure(error.Message)),
        RemoteCallException => Encode((byte)Ending.Failed, new CallFailure(error.Message)),
        _ => Encode((byte)Ending.Failed, new CallFailure($"{error.GetType().Name}: {error.Message}")),
    };

    private static readonly ReadOnlyMemory<byte> Nothing = new byte[] { (byte)Ending.Done };

    private static ReadOnlyMemory<byte> Encode<T>(byte first, T value)
    {
        var buffer = new WireBuffer(1 + WireCodec.SizeHint(value));
        buffer.GetSpan(1)[0] = first;
        buffer.Advance(1);
        WireCodec.Write(value, buffer);
        return buffer.Written;
    }

    private static T ReadResult<T>(ReadOnlyMemory<byte> answer, CancellationToken cancellation)
    {
        ReadEnding(answer, cancellation);
        try
        {
            return WireCodec.Read<T>(answer[1..]);
        }
        catch (InvalidDataException error)
        {
            throw new RemoteCallException(error.Message, error);
        }
    }

    private static void ReadEnding(ReadOnlyMemory<byte> answer, CancellationToken cancellation)
    {
        var ending = answer.Length > 0 ? (Ending)answer.Span[0] : Ending.Failed;
        if (ending == Ending.Done)
            return;
        CallFailure failure;
        try
        {
            failure = WireCodec.Read<CallFailure>(answer[Math.Min(1, answer.Length)..]);
        }
        catch (InvalidDataException error)
        {
            throw new RemoteCallException(error.Message, error);
        }

        throw ending switch
        {
            Ending.StaleEpoch => new StaleEpochException(new SessionKey(failure.Tenant ?? "", failure.ClientId ?? ""), failure.Epoch),
            Ending.StoreUnavailable => new StoreUnavailableException(failure.Message),
            Ending.Canceled when cancellation.IsCancellationRequested => new OperationCanceledException(failure.Message, cancellation),
            _ => new RemoteCallException(failure.Message),
        };
    }
}
