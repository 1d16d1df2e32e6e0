namespace Starling.Protocol;

public readonly record struct UserProperty(string Name, string Value);
