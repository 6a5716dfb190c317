import { testNoAllocation } from "../../../test/support/no-allocation.ts";

const probe = new URL("../../../test/support/front-allocation-probe.ts", import.meta.url);
testNoAllocation("FrontAnswerer", probe);
