namespace Starling.Broker.Tenants.Files;

/// <summary>One thing that is wrong in a tenants file, or in a tenant that comes from elsewhere. Lines and columns count from 1.</summary>
/// <param name="File">The file as it was named to the program; empty for a tenant that comes from elsewhere.</param>
/// <param name="Line">The line of the offending value or name; 0 where lines say nothing.</param>
/// <param name="Column">Where in that line it starts, in characters; 0 where lines say nothing.</param>
/// <param name="Path">Where it is in the document: <c>tenants.acme.limits.packetSize</c>.</param>
/// <param name="Message">What is wrong and what was expected.</param>
public sealed record TenantsFileError(string File, int Line, int Column, string Path, string Message)
{
    public override string ToString() =>
        (File.Length == 0 ? "" : $"{File}:{Line}:{Column}: ") + (Path.Length == 0 ? "" : $"{Path}: ") + Message;
}

/// <summary>A tenants file, or a tenant, can't be used; says everything that is wrong with it.</summary>
/// <param name="revocations">What it takes away all the same; null if it can't be read so far.</param>
public sealed class TenantsFileException(IReadOnlyList<TenantsFileError> errors, Revocations? revocations = null)
    : Exception(string.Join(Environment.NewLine, errors))
{
    public Revocations? Revocations { get; } = revocations;

    public IReadOnlyList<TenantsFileError> Errors { get; } = errors;
}
