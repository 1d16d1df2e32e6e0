using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Starling.Broker.Tests")]
