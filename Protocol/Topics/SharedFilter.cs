namespace Starling.Protocol;

/// <summary>A shared subscription taken apart: <c>$share/{ShareName}/{Filter}</c>.</summary>
public readonly record struct SharedFilter(string ShareName, string Filter);
