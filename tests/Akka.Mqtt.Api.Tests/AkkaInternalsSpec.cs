using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Akka.Mqtt.Api.Tests;

/// <summary>
/// What <c>src</c> uses of Akka.NET that is not its public API, each with the reason. Akka.NET may change these in any patch release, so that
/// each needs a check at start, or a fallback.
/// </summary>
public sealed partial class AkkaInternalsSpec
{
    /// <summary>By project and type. An entry that is no longer needed fails the test.</summary>
    private static readonly Dictionary<string, Dictionary<string, string>> Known = new()
    {
        ["Akka.Mqtt"] = new()
        {
            ["Akka.Actor.ActorRefWithCell"] = "ClientDispatcher reads the actor system of the handler that a client gets; where it cannot, the client runs on the default dispatcher. AkkaIoPort asks whether its child has ended.",
            ["Akka.Actor.ICell"] = "The actor system, and whether the actor has ended, are read from it: see ActorRefWithCell.",
            ["Akka.Actor.IInternalActorRef"] = "ChildEnds is a supervisor strategy, whose public abstract members have it as a parameter.",
            ["Akka.Dispatch.ExecutorServiceConfigurator"] = "RunQueueConfigurator extends it: Akka.NET has no other way to configure an executor of one's own.",
            ["Akka.IO.TcpIncomingConnection (by reflection)"] = "AkkaIo makes Akka.IO's connection actor for a socket that a listener of ours accepted.",
            ["Akka.Streams.Implementation.ExtendedActorMaterializer"] = "FusedFraming makes the sub-fusing materializer of its stages from it. Checked at start, with a fallback.",
            ["Akka.Streams.Implementation.SubFusingActorMaterializerImpl"] = "A fused stage may materialize a stream inside the connection actor.",
            ["Akka.Streams.Implementation.Fusing.GraphInterpreterShell"] = "FusedFraming runs the interpreter of a fused graph inside the connection actor (ADR 1). Checked at start, with a fallback.",
            ["Akka.Streams.Implementation.Fusing.ActorGraphInterpreter.AsyncInput"] = "FusedFraming runs the asynchronous callbacks of its stages.",
            ["Akka.Streams.Implementation.Fusing.ActorGraphInterpreter.IBoundaryEvent"] = "What the interpreter tells the actor that it runs in.",
        },
    };

    public static TheoryData<string> Projects => new(SourceCode.Projects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Internals_of_Akka_are_used_only_for_a_reason_that_stands_here(string project)
    {
        var used = SourceCode.Read(project).Types.SelectMany(SourceCode.References).Where(IsOfAkka).Where(IsInternal).Select(Name)
            .Concat(ByReflection(project)).ToHashSet(StringComparer.Ordinal);
        var known = Known.GetValueOrDefault(project, []);

        var added = used.Where(name => !known.ContainsKey(name)).Order(StringComparer.Ordinal).ToList();
        Assert.True(added.Count == 0, $"{project} uses internals of Akka.NET without a reason in this test:\n{string.Join('\n', added)}");
        var paid = known.Keys.Where(name => !used.Contains(name));
        Assert.True(!paid.Any(), $"Remove from the list of {project}: {string.Join(", ", paid)}");
    }

    private static bool IsOfAkka(TypeReference type) => type.Scope.Name is { } scope && (scope == "Akka" || scope == "Akka.Streams" || scope == "Akka.TestKit"
        || scope.StartsWith("Akka.Remote", StringComparison.Ordinal) || scope.StartsWith("Akka.Cluster", StringComparison.Ordinal));

    /// <summary>Akka.NET marks what is not its API by an attribute, or keeps it in a namespace named Implementation or Internal.</summary>
    private static bool IsInternal(TypeReference reference)
    {
        if (reference.Resolve() is not { } type)
            return false;
        var space = SourceCode.Outermost(type).Namespace;
        for (var one = type; one is not null; one = one.DeclaringType)
        {
            if (!(one.IsPublic || one.IsNestedPublic || one.IsNestedFamily) || one.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "InternalApiAttribute"))
                return true;
        }

        return space.Split('.').Any(part => part is "Implementation" or "Internal");
    }

    private static string Name(TypeReference type) => type.FullName.Replace('/', '.');

    /// <summary>Types and members that are named in a text, for reflection.</summary>
    private static IEnumerable<string> ByReflection(string project) =>
        from file in Repository.Files($"src/{project}", "*.cs")
        from Match match in Reflection().Matches(Repository.Read(file))
        select $"{match.Groups["type"].Value}{match.Groups["member"].Value} (by reflection)";

    [GeneratedRegex("""GetType\("(?<type>Akka\.[^"]+)"|UnsafeAccessor\([^)]*Name = "(?<member>[^"]+)"|Get(?:Field|Method|Property)\("(?<member>[^"]+)"[^)]*NonPublic""")]
    private static partial Regex Reflection();
}
