namespace Starling.Broker.Tenants.Files;

/// <summary>One thing that is wrong in a tenants file. Lines and columns count from 1, columns in characters.</summary>
/// <param name="File">The file as it was named to the program.</param>
/// <param name="Line">The line of the offending value or name.</param>
/// <param name="Column">Where in that line it starts.</param>
/// <param name="Path">Where it is in the document: <c>tenants.acme.limits.packetSize</c>.</param>
/// <param name="Message">What is wrong and what was expected.</param>
public sealed record TenantsFileError(string File, int Line, int Column, string Path, string Message)
{
    public override string ToString() => Path.Length == 0 ? $"{File}:{Line}:{Column}: {Message}" : $"{File}:{Line}:{Column}: {Path}: {Message}";
}

/// <summary>A tenants file can't be used; says everything that is wrong with it.</summary>
public sealed class TenantsFileException(IReadOnlyList<TenantsFileError> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    public IReadOnlyList<TenantsFileError> Errors { get; } = errors;
}
