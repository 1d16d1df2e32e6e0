using System.Buffers;
using System.IO.Pipelines;

namespace Starling.Edge.Listeners.ProxyProtocol;

/// <summary>Takes the PROXY protocol header off the front of a connection.</summary>
internal static class ProxyHeaderReader
{
    /// <summary>Null when what comes is no header; everything after the header stays in the pipe.</summary>
    public static async ValueTask<ProxyHeader?> ReadAsync(PipeReader input)
    {
        while (true)
        {
            var result = await input.ReadAsync();
            var buffer = result.Buffer;
            var status = Parse(buffer, out var header, out var length);
            if (status == ProxyHeaderStatus.Complete)
            {
                input.AdvanceTo(buffer.GetPosition(length));
                return header;
            }
            input.AdvanceTo(buffer.Start, buffer.End);
            if (status == ProxyHeaderStatus.Invalid || result.IsCompleted || result.IsCanceled)
                return null;
        }
    }

    internal static ProxyHeaderStatus Parse(in ReadOnlySequence<byte> buffer, out ProxyHeader? header, out int length)
    {
        var data = buffer.IsSingleSegment ? buffer.FirstSpan : buffer.Slice(0, Math.Min(buffer.Length, 8192)).ToArray();
        if (StartsWith(data, ProxyHeaderV2.Signature))
            return data.Length < ProxyHeaderV2.Signature.Length ? Incomplete(out header, out length) : ProxyHeaderV2.Parse(data, out header, out length);
        if (StartsWith(data, ProxyHeaderV1.Signature))
            return data.Length < ProxyHeaderV1.Signature.Length ? Incomplete(out header, out length) : ProxyHeaderV1.Parse(data, out header, out length);
        header = null;
        length = 0;
        return ProxyHeaderStatus.Invalid;
    }

    private static ProxyHeaderStatus Incomplete(out ProxyHeader? header, out int length)
    {
        header = null;
        length = 0;
        return ProxyHeaderStatus.Incomplete;
    }

    private static bool StartsWith(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        data.Length < signature.Length ? signature.StartsWith(data) : data.StartsWith(signature);
}
