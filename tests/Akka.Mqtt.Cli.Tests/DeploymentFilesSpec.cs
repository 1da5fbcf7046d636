using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Mqtt.Cli.Commands;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>The files in samples/Clustered for systemd and Kubernetes: their options, ports, probes and times are those that the program has.</summary>
public sealed partial class DeploymentFilesSpec
{
    private const string Unit = "akka-mqtt.service";

    private static readonly string Manifest = Read("kubernetes.yaml");

    [Fact]
    public void The_arguments_of_each_file_are_options_of_serve()
    {
        string[] unit = Line(Read(Unit), "ExecStart").Split(' ')[1..];
        unit = [.. unit.SelectMany(static word => word == "$SEEDS" ? ["--seed", "10.0.0.1:4053", "--seed", "10.0.0.2:4053"] : new[] { word.Replace("${CLUSTER_HOST}", "10.0.0.1", StringComparison.Ordinal) })];
        foreach (var words in (string[][])[unit, Arguments()])
        {
            Assert.Equal("serve", words[0]);
            Assert.True(words.Length > 5, string.Join(' ', words));
            Assert.Empty(ServeCommand.Create().Parse(words[1..]).Errors.Select(static error => error.Message));
        }
    }

    [Fact]
    public void Each_port_of_Kubernetes_is_one_that_the_program_listens_on()
    {
        var arguments = Arguments();
        var listens = new Dictionary<string, string> { ["mqtt"] = "1883", ["metrics"] = Option(arguments, "--metrics-port"), ["cluster"] = Option(arguments, "--cluster-port") };
        var ports = ContainerPorts().Matches(Manifest).ToDictionary(static each => each.Groups["name"].Value, static each => each.Groups["port"].Value);
        Assert.Equal(listens.OrderBy(static each => each.Key), ports.OrderBy(static each => each.Key));
        foreach (Match service in ServicePorts().Matches(Manifest))
            Assert.Equal((ports[service.Groups["target"].Value], true), (service.Groups["port"].Value, ports.ContainsKey(service.Groups["target"].Value)));
        Assert.Equal(2, ServicePorts().Count(Manifest));
        Assert.All(arguments.Where(static each => each.StartsWith("--seed=", StringComparison.Ordinal)), each => Assert.EndsWith($":{listens["cluster"]}", each, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_probes_of_Kubernetes_ask_pages_that_are_there()
    {
        var probes = Probes().Matches(Manifest).Select(static each => (each.Groups["path"].Value, each.Groups["port"].Value)).ToList();
        Assert.Equal([("/ready", "metrics"), ("/live", "metrics")], probes);
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--metrics-port", "0");
        using var http = new HttpClient();
        foreach (var (path, _) in probes)
            Assert.True((await http.GetAsync(new Uri(serve.Addresses.Single(each => each.Scheme == "http"), path))).IsSuccessStatusCode);
    }

    [Fact]
    public void The_configuration_of_Kubernetes_is_one_that_the_program_takes_and_a_node_has_the_time_to_leave()
    {
        using var folder = new TempFolder();
        var text = Configuration().Match(Manifest).Groups["text"].Value;
        File.WriteAllText(folder["server.conf"], text);
        var (config, _) = ServeConfiguration.Read(new ServeOptions { File = folder["server.conf"] });
        var settings = MqttServerSettings.Create(config);
        var before = int.Parse(Regex.Match(Manifest, @"sleep: \{ seconds: (\d+) \}").Groups[1].Value, CultureInfo.InvariantCulture);
        var needed = settings.DrainTime + settings.DrainTimeout + TimeSpan.FromSeconds(before);
        Assert.True(settings.DrainTime > TimeSpan.Zero);
        Assert.InRange(int.Parse(Line(Manifest, "terminationGracePeriodSeconds", ':'), CultureInfo.InvariantCulture), needed.TotalSeconds + 5, 120);
        Assert.InRange(int.Parse(Line(Read(Unit), "TimeoutStopSec"), CultureInfo.InvariantCulture), needed.TotalSeconds, 120);
    }

    [Fact]
    public void Each_option_of_serve_is_on_the_page_of_the_server()
    {
        var page = Read(Path.Combine("..", "..", "docs", "server.md"));
        Assert.DoesNotContain(ServeCommand.Create().Options.Select(static each => each.Name), name => !page.Contains(name, StringComparison.Ordinal));
    }

    [Fact]
    public void Systemd_takes_the_unit()
    {
        if (!File.Exists("/usr/bin/systemd-analyze"))
            return; // no systemd here
        using var folder = new TempFolder();
        File.WriteAllText(folder[Unit], Read(Unit).Replace("/usr/local/bin/akka-mqtt", "/usr/bin/env", StringComparison.Ordinal)); // it has to be there
        using var analyze = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", folder[Unit]]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = analyze.StandardError.ReadToEnd();
        analyze.WaitForExit();
        Assert.Equal((0, ""), (analyze.ExitCode, string.Join('\n', said.Split('\n').Where(static line => line.Contains(Unit, StringComparison.Ordinal)))));
    }

    private static string[] Arguments() =>
        [.. ArgumentList().Match(Manifest).Groups["word"].Captures.Select(static each => each.Value.Replace("$(POD_NAME)", "mqtt-0", StringComparison.Ordinal))];

    private static string Option(string[] arguments, string name) => arguments.Single(each => each.StartsWith($"{name}=", StringComparison.Ordinal))[(name.Length + 1)..];

    private static string Line(string text, string key, char between = '=') =>
        text.Split('\n').Select(static line => line.Trim()).Single(line => line.StartsWith($"{key}{between}", StringComparison.Ordinal))[(key.Length + 1)..].Split('#')[0].Trim();

    private static string Read(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Akka.Mqtt.sln")))
            folder = folder.Parent;
        return File.ReadAllText(Path.Combine(folder.FullName, "samples", "Clustered", file)).ReplaceLineEndings("\n");
    }

    [GeneratedRegex(@"args:\n(\s+- (?<word>\S+)\n)+")]
    private static partial Regex ArgumentList();

    [GeneratedRegex(@"name: (?<name>\w+), containerPort: (?<port>\d+)")]
    private static partial Regex ContainerPorts();

    [GeneratedRegex(@"name: \w+, port: (?<port>\d+), targetPort: (?<target>\w+)")]
    private static partial Regex ServicePorts();

    [GeneratedRegex(@"httpGet: \{ path: (?<path>\S+), port: (?<port>\w+) \}")]
    private static partial Regex Probes();

    [GeneratedRegex(@"server\.conf: \|\n(?<text>(    .*\n)+)")]
    private static partial Regex Configuration();
}
