using Starling.Broker.Contracts;

// The broker's contracts carry Orleans' attributes, but their assembly does not know Orleans: what it generates for them is generated here.
[assembly: GenerateCodeForDeclaringAssembly(typeof(ISession))]
